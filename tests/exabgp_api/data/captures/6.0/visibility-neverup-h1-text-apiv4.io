  2.616861 > announce route 10.70.0.0/24 next-hop self med 5
  2.624025 < done
  3.071109 > announce route 10.70.0.0/24 next-hop self med 5
  3.072587 < done
  3.525533 > announce route fd70::/64 next-hop fd99::1
  3.526978 < done
  3.979765 > withdraw route 10.70.0.0/24
  3.980844 < done
  5.343158 > show adj-rib out extensive
  5.344068 < neighbor 10.99.0.77 local-ip 10.99.0.1 local-as 65000 peer-as 65000 router-id 10.99.0.1 family-allowed in-open ipv4 unicast 10.71.0.0/24 next-hop 10.99.0.1
  5.344109 < neighbor 10.99.0.77 local-ip 10.99.0.1 local-as 65000 peer-as 65000 router-id 10.99.0.1 family-allowed in-open ipv6 unicast fd70::/64 next-hop fd99::1
  5.344120 < done
