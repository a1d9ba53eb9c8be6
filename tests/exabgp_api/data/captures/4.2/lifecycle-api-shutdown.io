  0.237381 < neighbor 10.99.0.77 connected
  0.237381 < 
  0.237866 < neighbor 10.99.0.77 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.237866 < 
  1.516158 > shutdown
  1.516608 < shutdown in progress
  1.516608 < done
  1.516960 < shutdown 2205 1666
  1.516960 < 
