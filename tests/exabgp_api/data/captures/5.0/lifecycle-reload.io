  0.002051 < neighbor 10.99.0.2 connected
  0.002051 < 
  0.002051 < neighbor 10.99.0.2 up
  0.002051 < 
  0.002051 < neighbor 10.99.0.2 receive update start
  0.002051 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  0.002051 < neighbor 10.99.0.2 receive update end
  0.002051 < 
  0.002051 < neighbor 10.99.0.2 receive update start
  0.002051 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  0.002051 < neighbor 10.99.0.2 receive update end
  0.002051 < 
  1.167036 > announce route 10.80.0.0/24 next-hop self
  1.168890 < done
  6.630919 < neighbor 10.99.0.12 connected
  6.630919 < 
  6.631445 < neighbor 10.99.0.12 down - closing connection
  6.631445 < 
  6.674064 < neighbor 10.99.0.12 connected
  6.674064 < 
  6.674064 < neighbor 10.99.0.12 down - closing connection
  6.674064 < 
  7.711202 < neighbor 10.99.0.12 connected
  7.711202 < 
  7.711917 < neighbor 10.99.0.12 down - closing connection
  7.711917 < 
  9.108004 < neighbor 10.99.0.2 down - notification sent (6,3)
  9.108004 < 
  9.119201 < neighbor 10.99.0.2 connected
  9.119201 < 
  9.120978 < neighbor 10.99.0.2 up
  9.120978 < 
  9.163755 < neighbor 10.99.0.2 receive update start
  9.163755 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  9.163755 < neighbor 10.99.0.2 receive update end
  9.163755 < 
  9.207611 < neighbor 10.99.0.2 receive update start
  9.207611 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  9.207611 < neighbor 10.99.0.2 receive update end
  9.207611 < 
 14.103689 > announce route 10.80.0.0/24 next-hop self
 14.105119 < done
