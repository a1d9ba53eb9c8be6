  0.004361 < neighbor 10.99.0.2 connected
  0.004361 < 
  0.007430 < neighbor 10.99.0.2 up
  0.007430 < 
  0.007690 < neighbor 10.99.0.2 send update start
  0.007690 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  0.007690 < neighbor 10.99.0.2 send update end
  0.007690 < 
  0.007859 < neighbor 10.99.0.2 send update start
  0.007859 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  0.007859 < neighbor 10.99.0.2 send update end
  0.007859 < 
  0.051070 < neighbor 10.99.0.2 receive update start
  0.051070 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  0.051070 < neighbor 10.99.0.2 receive update end
  0.051070 < 
  0.093880 < neighbor 10.99.0.2 receive update start
  0.093880 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  0.093880 < neighbor 10.99.0.2 receive update end
  0.093880 < 
  2.690281 < neighbor 10.99.0.2 send update start
  2.690281 < neighbor 10.99.0.2 send update announced 10.70.0.0/24 next-hop 10.99.0.1 origin igp med 5 local-preference 100
  2.690281 < neighbor 10.99.0.2 send update end
  2.690281 < 
  3.594436 < neighbor 10.99.0.2 send update start
  3.594436 < neighbor 10.99.0.2 send update announced fd70::/64 next-hop fd99::1 origin igp local-preference 100
  3.594436 < neighbor 10.99.0.2 send update end
  3.594436 < 
  3.998789 < neighbor 10.99.0.2 send update start
  3.998789 < neighbor 10.99.0.2 send update withdrawn 10.70.0.0/24
  3.998789 < neighbor 10.99.0.2 send update end
  3.998789 < 
  4.401662 > show adj-rib out extensive
  4.402126 < neighbor 10.99.0.2 local-ip 10.99.0.1 local-as 65000 peer-as 65000 router-id 10.99.0.1 family-allowed in-open ipv6 unicast fd70::/64 next-hop fd99::1
  4.402161 < done
  4.808257 > announce route 10.71.0.0/24 next-hop self
  4.810371 < done
  4.810723 < neighbor 10.99.0.2 send update start
  4.810723 < neighbor 10.99.0.2 send update announced 10.71.0.0/24 next-hop 10.99.0.1 origin igp local-preference 100
  4.810723 < neighbor 10.99.0.2 send update end
  4.810723 < 
  5.721006 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,2)] error[Cease / Administrative Shutdown]
  5.721006 < 
  5.731646 < neighbor 10.99.0.2 connected
  5.731646 < 
  5.731646 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  5.731646 < 
  6.730431 < shutdown 30210 30168
  6.730431 < 
