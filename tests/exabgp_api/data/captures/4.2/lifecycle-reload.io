  0.002103 < neighbor 10.99.0.2 connected
  0.002103 < 
  0.002103 < neighbor 10.99.0.2 up
  0.002103 < 
  0.002103 < neighbor 10.99.0.2 receive update start
  0.002103 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  0.002103 < neighbor 10.99.0.2 receive update end
  0.002103 < 
  0.002103 < neighbor 10.99.0.2 receive update start
  0.002103 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  0.002103 < neighbor 10.99.0.2 receive update end
  0.002103 < 
  0.994239 > announce route 10.80.0.0/24 next-hop self
  0.995574 < done
  6.457677 < neighbor 10.99.0.12 connected
  6.457677 < 
  6.458015 < neighbor 10.99.0.12 down - peer reset, message [closing connection] error[Broken TCP connection]
  6.458015 < 
  6.500401 < neighbor 10.99.0.12 connected
  6.500401 < 
  6.500401 < neighbor 10.99.0.12 down - peer reset, message [closing connection] error[Broken TCP connection]
  6.500401 < 
  7.538859 < neighbor 10.99.0.12 connected
  7.538859 < 
  7.539140 < neighbor 10.99.0.12 down - peer reset, message [closing connection] error[Broken TCP connection]
  7.539140 < 
  8.929393 < neighbor 10.99.0.2 down - peer reset, message [notification sent (6,3)] error[Cease / Peer De-configured / Peer De-configured]
  8.929393 < 
  8.940180 < neighbor 10.99.0.2 connected
  8.940180 < 
  8.941351 < neighbor 10.99.0.2 up
  8.941351 < 
  8.985152 < neighbor 10.99.0.2 receive update start
  8.985152 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  8.985152 < neighbor 10.99.0.2 receive update end
  8.985152 < 
  9.028980 < neighbor 10.99.0.2 receive update start
  9.028980 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  9.028980 < neighbor 10.99.0.2 receive update end
  9.028980 < 
 13.927011 > announce route 10.80.0.0/24 next-hop self
 13.928236 < done
