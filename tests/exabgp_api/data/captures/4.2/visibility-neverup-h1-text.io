  1.666289 > announce route 10.70.0.0/24 next-hop self med 5
  1.668101 < done
  2.124837 > announce route 10.70.0.0/24 next-hop self med 5
  2.126073 < done
  2.579052 > announce route fd70::/64 next-hop fd99::1
  2.580832 < done
  3.037606 > withdraw route 10.70.0.0/24
  3.038580 < done
  4.353415 > show adj-rib out extensive
  4.353952 < neighbor 10.99.0.77 local-ip 10.99.0.1 local-as 65000 peer-as 65000 router-id 10.99.0.1 family-allowed in-open ipv4 unicast 10.71.0.0/24 next-hop 10.99.0.1
  4.354162 < neighbor 10.99.0.77 local-ip 10.99.0.1 local-as 65000 peer-as 65000 router-id 10.99.0.1 family-allowed in-open ipv6 unicast fd70::/64 next-hop fd99::1
  4.354238 < done
  4.815030 < shutdown 30814 30168
  4.815030 < 
