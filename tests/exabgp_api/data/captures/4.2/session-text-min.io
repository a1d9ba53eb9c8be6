  0.017384 < neighbor 10.99.0.2 connected
  0.017384 < 
  0.017384 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.017384 < 
  0.058642 < neighbor 10.99.0.2 connected
  0.058642 < 
  0.058947 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.058947 < 
  1.098685 < neighbor 10.99.0.2 connected
  1.098685 < 
  1.098909 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  1.098909 < 
  2.232455 < neighbor 10.99.0.2 connected
  2.232455 < 
  2.244005 < neighbor 10.99.0.2 up
  2.244005 < 
  2.244323 < neighbor 10.99.0.2 receive update start
  2.244323 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  2.244323 < neighbor 10.99.0.2 receive update end
  2.244323 < 
  2.244592 < neighbor 10.99.0.2 receive update start
  2.244592 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  2.244592 < neighbor 10.99.0.2 receive update end
  2.244592 < 
  5.274640 < neighbor 10.99.0.2 receive update start
  5.274640 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 next-hop 10.99.0.2 origin igp local-preference 100
  5.274640 < neighbor 10.99.0.2 receive update end
  5.274640 < 
  6.482435 < neighbor 10.99.0.2 receive update start
  6.482435 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.482435 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.482435 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.482435 < neighbor 10.99.0.2 receive update end
  6.482435 < 
  7.685811 < neighbor 10.99.0.2 receive update start
  7.685811 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  7.685811 < neighbor 10.99.0.2 receive update end
  7.685811 < 
  8.890183 < neighbor 10.99.0.2 receive update start
  8.890183 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.890183 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.890183 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.890183 < neighbor 10.99.0.2 receive update end
  8.890183 < 
 10.097493 < neighbor 10.99.0.2 receive update start
 10.097493 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24
 10.097493 < neighbor 10.99.0.2 receive update end
 10.097493 < 
 11.306828 < neighbor 10.99.0.2 receive update start
 11.306828 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32
 11.306828 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24
 11.306828 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24
 11.306828 < neighbor 10.99.0.2 receive update end
 11.306828 < 
 12.511299 < neighbor 10.99.0.2 receive update start
 12.511299 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 12.511299 < neighbor 10.99.0.2 receive update end
 12.511299 < 
 13.717872 < neighbor 10.99.0.2 receive update start
 13.717872 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 13.717872 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 13.717872 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 13.717872 < neighbor 10.99.0.2 receive update end
 13.717872 < 
 14.922447 < neighbor 10.99.0.2 receive update start
 14.922447 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.922447 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.922447 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.922447 < neighbor 10.99.0.2 receive update end
 14.922447 < 
 14.924851 < neighbor 10.99.0.2 receive update start
 14.924851 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.924851 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.924851 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.924851 < neighbor 10.99.0.2 receive update end
 14.924851 < 
 16.125894 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 16.127538 < done
 16.581124 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 16.585658 < done
 17.036396 > announce route fd50::/64 next-hop fd99::1
 17.037321 < done
 17.490215 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 17.490982 < done
 17.948684 > withdraw route 10.50.0.0/24
 17.950562 < done
 18.404734 > withdraw route fd50::/64
 18.405549 < done
 18.810044 > announce route 10.50.7.0/24 next-hop self med 7
 18.811587 < done
 19.274874 < neighbor 10.99.0.2 down - peer reset, message [] error[]
 19.274874 < 
 19.288669 < neighbor 10.99.0.2 connected
 19.288669 < 
 19.289900 < neighbor 10.99.0.2 up
 19.289900 < 
 19.333216 < neighbor 10.99.0.2 receive update start
 19.333216 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.333216 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.333216 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.333216 < neighbor 10.99.0.2 receive update end
 19.333216 < 
 19.377403 < neighbor 10.99.0.2 receive update start
 19.377403 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 19.377403 < neighbor 10.99.0.2 receive update end
 19.377403 < 
 19.377529 < neighbor 10.99.0.2 receive update start
 19.377529 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.377529 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.377529 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.377529 < neighbor 10.99.0.2 receive update end
 19.377529 < 
 19.377803 < neighbor 10.99.0.2 receive update start
 19.377803 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 19.377803 < neighbor 10.99.0.2 receive update end
 19.377803 < 
 21.277157 > announce route 10.50.8.0/24 next-hop self med 8
 21.278028 < done
 21.737547 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,2)] error[Cease / Administrative Shutdown]
 21.737547 < 
 22.758563 < neighbor 10.99.0.2 connected
 22.758563 < 
 22.758818 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 22.758818 < 
 24.771453 < neighbor 10.99.0.2 connected
 24.771453 < 
 24.772246 < neighbor 10.99.0.2 up
 24.772246 < 
 24.817203 < neighbor 10.99.0.2 receive update start
 24.817203 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.817203 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.817203 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.817203 < neighbor 10.99.0.2 receive update end
 24.817203 < 
 24.857036 < neighbor 10.99.0.2 receive update start
 24.857036 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 24.857036 < neighbor 10.99.0.2 receive update end
 24.857036 < 
 24.857624 < neighbor 10.99.0.2 receive update start
 24.857624 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.857624 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.857624 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.857624 < neighbor 10.99.0.2 receive update end
 24.857624 < 
 24.857871 < neighbor 10.99.0.2 receive update start
 24.857871 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 24.857871 < neighbor 10.99.0.2 receive update end
 24.857871 < 
 26.790100 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,4)] error[Cease / Administrative Reset]
 26.790100 < 
 27.662296 < neighbor 10.99.0.2 connected
 27.662296 < 
 27.664678 < neighbor 10.99.0.2 up
 27.664678 < 
 27.666002 < neighbor 10.99.0.2 receive update start
 27.666002 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.666002 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.666002 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.666002 < neighbor 10.99.0.2 receive update end
 27.666002 < 
 27.666362 < neighbor 10.99.0.2 receive update start
 27.666362 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 27.666362 < neighbor 10.99.0.2 receive update end
 27.666362 < 
 27.666712 < neighbor 10.99.0.2 receive update start
 27.666712 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.666712 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.666712 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.666712 < neighbor 10.99.0.2 receive update end
 27.666712 < 
 27.666945 < neighbor 10.99.0.2 receive update start
 27.666945 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 27.666945 < neighbor 10.99.0.2 receive update end
 27.666945 < 
 29.685726 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[the TCP connection was closed by the remote end]
 29.685726 < 
 29.696637 < neighbor 10.99.0.2 connected
 29.696637 < 
 29.696897 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 29.696897 < 
 30.713110 < neighbor 10.99.0.2 connected
 30.713110 < 
 30.713341 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 30.713341 < 
 32.690028 < shutdown 14096 14028
 32.690028 < 
