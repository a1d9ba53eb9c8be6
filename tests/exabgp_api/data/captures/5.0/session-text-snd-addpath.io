  0.013968 < neighbor 10.99.0.2 connected
  0.013968 < 
  0.014609 < neighbor 10.99.0.2 down - closing connection
  0.014609 < 
  0.056803 < neighbor 10.99.0.2 connected
  0.056803 < 
  0.056803 < neighbor 10.99.0.2 down - closing connection
  0.056803 < 
  1.098242 < neighbor 10.99.0.2 connected
  1.098242 < 
  1.098953 < neighbor 10.99.0.2 down - closing connection
  1.098953 < 
  3.123834 < neighbor 10.99.0.2 connected
  3.123834 < 
  3.127439 < neighbor 10.99.0.2 up
  3.127439 < 
  3.127770 < neighbor 10.99.0.2 send update start
  3.127770 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  3.127770 < neighbor 10.99.0.2 send update end
  3.127770 < 
  3.127948 < neighbor 10.99.0.2 send update start
  3.127948 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  3.127948 < neighbor 10.99.0.2 send update end
  3.127948 < 
  3.128189 < neighbor 10.99.0.2 receive update start
  3.128189 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  3.128189 < neighbor 10.99.0.2 receive update end
  3.128189 < 
  3.128484 < neighbor 10.99.0.2 receive update start
  3.128484 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  3.128484 < neighbor 10.99.0.2 receive update end
  3.128484 < 
  6.141859 < neighbor 10.99.0.2 receive update start
  6.141859 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp local-preference 100
  6.141859 < neighbor 10.99.0.2 receive update end
  6.141859 < 
  7.350181 < neighbor 10.99.0.2 receive update start
  7.350181 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 path-information 0.0.0.4 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.350181 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 path-information 0.0.0.4 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.350181 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 path-information 0.0.0.4 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.350181 < neighbor 10.99.0.2 receive update end
  7.350181 < 
  8.558615 < neighbor 10.99.0.2 receive update start
  8.558615 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  8.558615 < neighbor 10.99.0.2 receive update end
  8.558615 < 
  9.763173 < neighbor 10.99.0.2 receive update start
  9.763173 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.763173 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.763173 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.763173 < neighbor 10.99.0.2 receive update end
  9.763173 < 
 10.971963 < neighbor 10.99.0.2 receive update start
 10.971963 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24 path-information 0.0.0.3
 10.971963 < neighbor 10.99.0.2 receive update end
 10.971963 < 
 12.176877 < neighbor 10.99.0.2 receive update start
 12.176877 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32 path-information 0.0.0.4
 12.176877 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24 path-information 0.0.0.4
 12.176877 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24 path-information 0.0.0.4
 12.176877 < neighbor 10.99.0.2 receive update end
 12.176877 < 
 13.379690 < neighbor 10.99.0.2 receive update start
 13.379690 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 13.379690 < neighbor 10.99.0.2 receive update end
 13.379690 < 
 14.582569 < neighbor 10.99.0.2 receive update start
 14.582569 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 14.582569 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 14.582569 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 14.582569 < neighbor 10.99.0.2 receive update end
 14.582569 < 
 15.785962 < neighbor 10.99.0.2 receive update start
 15.785962 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.785962 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.785962 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.785962 < neighbor 10.99.0.2 receive update end
 15.785962 < 
 15.788599 < neighbor 10.99.0.2 receive update start
 15.788599 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.788599 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.788599 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.788599 < neighbor 10.99.0.2 receive update end
 15.788599 < 
 16.988882 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 16.990833 < done
 16.991731 < neighbor 10.99.0.2 send update start
 16.991731 < neighbor 10.99.0.2 send update announced 10.50.0.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp as-path ( 65010 65011 ) med 10 local-preference 200 community [ 65000:1 65000:2 ]
 16.991731 < neighbor 10.99.0.2 send update end
 16.991731 < 
 17.445379 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 17.446499 < done
 17.446897 < neighbor 10.99.0.2 send update start
 17.446897 < neighbor 10.99.0.2 send update announced 10.50.1.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp local-preference 100
 17.446897 < neighbor 10.99.0.2 send update end
 17.446897 < 
 17.850688 > announce route fd50::/64 next-hop fd99::1
 17.851908 < done
 17.852350 < neighbor 10.99.0.2 send update start
 17.852350 < neighbor 10.99.0.2 send update announced fd50::/64 next-hop fd99::1 origin igp local-preference 100
 17.852350 < neighbor 10.99.0.2 send update end
 17.852350 < 
 18.304880 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 18.306421 < done
 18.306421 < neighbor 10.99.0.2 send update start
 18.306421 < neighbor 10.99.0.2 send update withdrawn 10.50.1.0/24 path-information 0.0.0.0
 18.306421 < neighbor 10.99.0.2 send update end
 18.306421 < 
 18.759313 > withdraw route 10.50.0.0/24
 18.760276 < done
 18.760690 < neighbor 10.99.0.2 send update start
 18.760690 < neighbor 10.99.0.2 send update withdrawn 10.50.0.0/24 path-information 0.0.0.0
 18.760690 < neighbor 10.99.0.2 send update end
 18.760690 < 
 19.214378 > withdraw route fd50::/64
 19.215866 < done
 19.216469 < neighbor 10.99.0.2 send update start
 19.216469 < neighbor 10.99.0.2 send update withdrawn fd50::/64
 19.216469 < neighbor 10.99.0.2 send update end
 19.216469 < 
 19.671184 > announce route 10.50.7.0/24 next-hop self med 7
 19.672581 < done
 19.673180 < neighbor 10.99.0.2 send update start
 19.673180 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 19.673180 < neighbor 10.99.0.2 send update end
 19.673180 < 
 20.131208 < neighbor 10.99.0.2 send update start
 20.131208 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 20.131208 < neighbor 10.99.0.2 send update end
 20.131208 < 
 22.131257 > announce route 10.50.8.0/24 next-hop self med 8
 22.132381 < done
 22.132993 < neighbor 10.99.0.2 send update start
 22.132993 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 22.132993 < neighbor 10.99.0.2 send update end
 22.132993 < 
 22.541632 < neighbor 10.99.0.2 down - notification received (6,2)
 22.541632 < 
 22.553121 < neighbor 10.99.0.2 connected
 22.553121 < 
 22.553121 < neighbor 10.99.0.2 down - closing connection
 22.553121 < 
 23.565550 < neighbor 10.99.0.2 connected
 23.565550 < 
 23.565862 < neighbor 10.99.0.2 down - closing connection
 23.565862 < 
 25.582775 < neighbor 10.99.0.2 connected
 25.582775 < 
 25.589408 < neighbor 10.99.0.2 up
 25.589408 < 
 25.589408 < neighbor 10.99.0.2 send update start
 25.589408 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 25.589408 < neighbor 10.99.0.2 send update end
 25.589408 < 
 25.589408 < neighbor 10.99.0.2 send update start
 25.589408 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 25.589408 < neighbor 10.99.0.2 send update end
 25.589408 < 
 25.589408 < neighbor 10.99.0.2 receive update start
 25.589408 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.589408 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.589408 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.589408 < neighbor 10.99.0.2 receive update end
 25.589408 < 
 25.589408 < neighbor 10.99.0.2 send update start
 25.589408 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 25.589408 < neighbor 10.99.0.2 send update end
 25.589408 < 
 25.589408 < neighbor 10.99.0.2 send update start
 25.589408 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 25.589408 < neighbor 10.99.0.2 send update end
 25.589408 < 
 25.589408 < neighbor 10.99.0.2 receive update start
 25.589408 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 25.589408 < neighbor 10.99.0.2 receive update end
 25.589408 < 
 25.589408 < neighbor 10.99.0.2 receive update start
 25.589408 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.589408 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.589408 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.589408 < neighbor 10.99.0.2 receive update end
 25.589408 < 
 25.589408 < neighbor 10.99.0.2 receive update start
 25.589408 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 25.589408 < neighbor 10.99.0.2 receive update end
 25.589408 < 
 27.610417 < neighbor 10.99.0.2 down - notification received (6,4)
 27.610417 < 
 27.621377 < neighbor 10.99.0.2 connected
 27.621377 < 
 27.622410 < neighbor 10.99.0.2 up
 27.622410 < 
 27.622776 < neighbor 10.99.0.2 send update start
 27.622776 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 27.622776 < neighbor 10.99.0.2 send update end
 27.622776 < 
 27.622942 < neighbor 10.99.0.2 send update start
 27.622942 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 27.622942 < neighbor 10.99.0.2 send update end
 27.622942 < 
 27.633541 < neighbor 10.99.0.2 send update start
 27.633541 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 27.633541 < neighbor 10.99.0.2 send update end
 27.633541 < 
 27.633802 < neighbor 10.99.0.2 send update start
 27.633802 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 27.633802 < neighbor 10.99.0.2 send update end
 27.633802 < 
 27.664304 < neighbor 10.99.0.2 receive update start
 27.664304 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.664304 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.664304 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.664304 < neighbor 10.99.0.2 receive update end
 27.664304 < 
 27.707644 < neighbor 10.99.0.2 receive update start
 27.707644 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 27.707644 < neighbor 10.99.0.2 receive update end
 27.707644 < 
 27.708180 < neighbor 10.99.0.2 receive update start
 27.708180 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.708180 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.708180 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.708180 < neighbor 10.99.0.2 receive update end
 27.708180 < 
 27.708580 < neighbor 10.99.0.2 receive update start
 27.708580 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 27.708580 < neighbor 10.99.0.2 receive update end
 27.708580 < 
 29.632839 < neighbor 10.99.0.2 down - closing connection
 29.632839 < 
 29.643861 < neighbor 10.99.0.2 connected
 29.643861 < 
 29.643861 < neighbor 10.99.0.2 down - closing connection
 29.643861 < 
 30.660235 < neighbor 10.99.0.2 connected
 30.660235 < 
 30.660669 < neighbor 10.99.0.2 down - closing connection
 30.660669 < 
 32.639346 < shutdown 27175 21918
 32.639346 < 
