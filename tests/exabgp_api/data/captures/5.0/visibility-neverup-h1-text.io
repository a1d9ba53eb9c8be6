  2.845641 > announce route 10.70.0.0/24 next-hop self med 5
  2.848422 < done
  3.301700 > announce route 10.70.0.0/24 next-hop self med 5
  3.303236 < done
  3.756246 > announce route fd70::/64 next-hop fd99::1
  3.758103 < done
  4.210482 > withdraw route 10.70.0.0/24
  4.211650 < done
  5.474806 > show adj-rib out extensive
  5.476430 < neighbor 10.99.0.77 local-ip 10.99.0.1 local-as 65000 peer-as 65000 router-id 10.99.0.1 family-allowed in-open ipv4 unicast 10.71.0.0/24 next-hop 10.99.0.1
  5.476430 < neighbor 10.99.0.77 local-ip 10.99.0.1 local-as 65000 peer-as 65000 router-id 10.99.0.1 family-allowed in-open ipv6 unicast fd70::/64 next-hop fd99::1
  5.476430 < done
  5.930611 < shutdown 26896 26814
  5.930611 < 
