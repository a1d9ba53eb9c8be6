  0.004386 < neighbor 10.99.0.2 connected
  0.004386 < 
  0.004386 < neighbor 10.99.0.2 up
  0.004386 < 
  0.079387 < neighbor 10.99.0.2 send update start
  0.079387 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  0.079387 < neighbor 10.99.0.2 send update end
  0.079387 < 
  0.079515 < neighbor 10.99.0.2 send update start
  0.079515 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  0.079515 < neighbor 10.99.0.2 send update end
  0.079515 < 
  0.081773 < neighbor 10.99.0.2 receive update start
  0.081773 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  0.081773 < neighbor 10.99.0.2 receive update end
  0.081773 < 
  0.081773 < neighbor 10.99.0.2 receive update start
  0.081773 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  0.081773 < neighbor 10.99.0.2 receive update end
  0.081773 < 
  3.627884 < neighbor 10.99.0.2 send update start
  3.627884 < neighbor 10.99.0.2 send update announced 10.70.0.0/24 next-hop 10.99.0.1 origin igp med 5 local-preference 100
  3.627884 < neighbor 10.99.0.2 send update end
  3.627884 < 
  4.540142 < neighbor 10.99.0.2 send update start
  4.540142 < neighbor 10.99.0.2 send update announced fd70::/64 next-hop fd99::1 origin igp local-preference 100
  4.540142 < neighbor 10.99.0.2 send update end
  4.540142 < 
  5.047619 < neighbor 10.99.0.2 send update start
  5.047619 < neighbor 10.99.0.2 send update withdrawn 10.70.0.0/24
  5.047619 < neighbor 10.99.0.2 send update end
  5.047619 < 
  5.437662 > show adj-rib out extensive
  5.438530 < neighbor 10.99.0.2 local-ip 10.99.0.1 local-as 65000 peer-as 65000 router-id 10.99.0.1 family-allowed in-open ipv6 unicast fd70::/64 next-hop fd99::1
  5.438566 < done
  5.892645 > announce route 10.71.0.0/24 next-hop self
  5.893830 < done
  5.960840 < neighbor 10.99.0.2 send update start
  5.960840 < neighbor 10.99.0.2 send update announced 10.71.0.0/24 next-hop 10.99.0.1 origin igp local-preference 100
  5.960840 < neighbor 10.99.0.2 send update end
  5.960840 < 
  6.854639 < neighbor 10.99.0.2 down - notification received (6,2)
  6.854639 < 
