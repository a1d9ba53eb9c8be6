  0.002033 < neighbor 10.99.0.2 connected
  0.002033 < 
  0.002033 < neighbor 10.99.0.2 up
  0.002033 < 
  0.002033 < neighbor 10.99.0.2 send update start
  0.002033 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  0.002033 < neighbor 10.99.0.2 send update end
  0.002033 < 
  0.002033 < neighbor 10.99.0.2 send update start
  0.002033 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  0.002033 < neighbor 10.99.0.2 send update end
  0.002033 < 
  0.042997 < neighbor 10.99.0.2 receive update start
  0.042997 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  0.042997 < neighbor 10.99.0.2 receive update end
  0.042997 < 
  0.087264 < neighbor 10.99.0.2 receive update start
  0.087264 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  0.087264 < neighbor 10.99.0.2 receive update end
  0.087264 < 
  3.719440 < neighbor 10.99.0.2 send update start
  3.719440 < neighbor 10.99.0.2 send update announced 10.70.0.0/24 next-hop 10.99.0.1 origin igp med 5 local-preference 100
  3.719440 < neighbor 10.99.0.2 send update end
  3.719440 < 
  4.626266 < neighbor 10.99.0.2 send update start
  4.626266 < neighbor 10.99.0.2 send update announced fd70::/64 next-hop fd99::1 origin igp local-preference 100
  4.626266 < neighbor 10.99.0.2 send update end
  4.626266 < 
  5.080426 < neighbor 10.99.0.2 send update start
  5.080426 < neighbor 10.99.0.2 send update withdrawn 10.70.0.0/24
  5.080426 < neighbor 10.99.0.2 send update end
  5.080426 < 
  5.531935 > show adj-rib out extensive
  5.532903 < neighbor 10.99.0.2 local-ip 10.99.0.1 local-as 65000 peer-as 65000 router-id 10.99.0.1 family-allowed in-open ipv6 unicast fd70::/64 next-hop fd99::1
  5.532947 < done
  5.937052 > announce route 10.71.0.0/24 next-hop self
  5.938143 < done
  5.938594 < neighbor 10.99.0.2 send update start
  5.938594 < neighbor 10.99.0.2 send update announced 10.71.0.0/24 next-hop 10.99.0.1 origin igp local-preference 100
  5.938594 < neighbor 10.99.0.2 send update end
  5.938594 < 
  6.847631 < neighbor 10.99.0.2 down - notification received (6,2)
  6.847631 < 
  6.859095 < neighbor 10.99.0.2 connected
  6.859095 < 
  6.859095 < neighbor 10.99.0.2 down - closing connection
  6.859095 < 
  7.851505 < shutdown 26856 26814
  7.851505 < 
