  1.602522 < neighbor 10.99.0.2 connected
  1.602522 < 
  1.602737 < neighbor 10.99.0.2 up
  1.602737 < 
  1.706159 < neighbor 10.99.0.2 send update start
  1.706159 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  1.706159 < neighbor 10.99.0.2 send update end
  1.706159 < 
  1.706299 < neighbor 10.99.0.2 send update start
  1.706299 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  1.706299 < neighbor 10.99.0.2 send update end
  1.706299 < 
  1.707961 < neighbor 10.99.0.2 receive update start
  1.707961 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  1.707961 < neighbor 10.99.0.2 receive update end
  1.707961 < 
  1.708048 < neighbor 10.99.0.2 receive update start
  1.708048 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  1.708048 < neighbor 10.99.0.2 receive update end
  1.708048 < 
  4.635165 < neighbor 10.99.0.2 receive update start
  4.635165 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 next-hop 10.99.0.2 origin igp local-preference 100
  4.635165 < neighbor 10.99.0.2 receive update end
  4.635165 < 
  5.845317 < neighbor 10.99.0.2 receive update start
  5.845317 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  5.845317 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  5.845317 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  5.845317 < neighbor 10.99.0.2 receive update end
  5.845317 < 
  7.064405 < neighbor 10.99.0.2 receive update start
  7.064405 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  7.064405 < neighbor 10.99.0.2 receive update end
  7.064405 < 
  8.272467 < neighbor 10.99.0.2 receive update start
  8.272467 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.272467 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.272467 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.272467 < neighbor 10.99.0.2 receive update end
  8.272467 < 
  9.486389 < neighbor 10.99.0.2 receive update start
  9.486389 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24
  9.486389 < neighbor 10.99.0.2 receive update end
  9.486389 < 
 10.704845 < neighbor 10.99.0.2 receive update start
 10.704845 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32
 10.704845 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24
 10.704845 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24
 10.704845 < neighbor 10.99.0.2 receive update end
 10.704845 < 
 11.914257 < neighbor 10.99.0.2 receive update start
 11.914257 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 11.914257 < neighbor 10.99.0.2 receive update end
 11.914257 < 
 13.128940 < neighbor 10.99.0.2 receive update start
 13.128940 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 13.128940 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 13.128940 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 13.128940 < neighbor 10.99.0.2 receive update end
 13.128940 < 
 14.338476 < neighbor 10.99.0.2 receive update start
 14.338476 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.338476 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.338476 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.338476 < neighbor 10.99.0.2 receive update end
 14.338476 < 
 14.346677 < neighbor 10.99.0.2 receive update start
 14.346677 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.346677 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.346677 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.346677 < neighbor 10.99.0.2 receive update end
 14.346677 < 
 15.545759 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 15.549520 < done
 15.649766 < neighbor 10.99.0.2 send update start
 15.649766 < neighbor 10.99.0.2 send update announced 10.50.0.0/24 next-hop 10.99.0.1 origin igp as-path ( 65010 65011 ) med 10 local-preference 200 community [ 65000:1 65000:2 ]
 15.649766 < neighbor 10.99.0.2 send update end
 15.649766 < 
 16.113207 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 16.114311 < done
 16.178088 < neighbor 10.99.0.2 send update start
 16.178088 < neighbor 10.99.0.2 send update announced 10.50.1.0/24 next-hop 10.99.0.1 origin igp local-preference 100
 16.178088 < neighbor 10.99.0.2 send update end
 16.178088 < 
 16.622190 > announce route fd50::/64 next-hop fd99::1
 16.623585 < done
 16.691495 < neighbor 10.99.0.2 send update start
 16.691495 < neighbor 10.99.0.2 send update announced fd50::/64 next-hop fd99::1 origin igp local-preference 100
 16.691495 < neighbor 10.99.0.2 send update end
 16.691495 < 
 17.135611 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 17.141634 < done
 17.198292 < neighbor 10.99.0.2 send update start
 17.198292 < neighbor 10.99.0.2 send update withdrawn 10.50.1.0/24
 17.198292 < neighbor 10.99.0.2 send update end
 17.198292 < 
 17.664587 > withdraw route 10.50.0.0/24
 17.668089 < done
 17.765333 < neighbor 10.99.0.2 send update start
 17.765333 < neighbor 10.99.0.2 send update withdrawn 10.50.0.0/24
 17.765333 < neighbor 10.99.0.2 send update end
 17.765333 < 
 18.306158 > withdraw route fd50::/64
 18.307296 < done
 18.376718 < neighbor 10.99.0.2 send update start
 18.376718 < neighbor 10.99.0.2 send update withdrawn fd50::/64
 18.376718 < neighbor 10.99.0.2 send update end
 18.376718 < 
 18.821208 > announce route 10.50.7.0/24 next-hop self med 7
 18.824177 < done
 18.898892 < neighbor 10.99.0.2 send update start
 18.898892 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 18.898892 < neighbor 10.99.0.2 send update end
 18.898892 < 
 19.342650 < neighbor 10.99.0.2 send update start
 19.342650 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 19.342650 < neighbor 10.99.0.2 send update end
 19.342650 < 
 21.344876 > announce route 10.50.8.0/24 next-hop self med 8
 21.351571 < done
 21.358335 < neighbor 10.99.0.2 send update start
 21.358335 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 21.358335 < neighbor 10.99.0.2 send update end
 21.358335 < 
 21.815145 < neighbor 10.99.0.2 down - notification received (6,2)
 21.815145 < 
 24.877555 < neighbor 10.99.0.2 connected
 24.877555 < 
 24.877555 < neighbor 10.99.0.2 up
 24.877555 < 
 24.982431 < neighbor 10.99.0.2 send update start
 24.982431 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 24.982431 < neighbor 10.99.0.2 send update end
 24.982431 < 
 24.984154 < neighbor 10.99.0.2 send update start
 24.984154 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 24.984154 < neighbor 10.99.0.2 send update end
 24.984154 < 
 24.984154 < neighbor 10.99.0.2 send update start
 24.984154 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 24.984154 < neighbor 10.99.0.2 send update end
 24.984154 < 
 24.984154 < neighbor 10.99.0.2 send update start
 24.984154 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 24.984154 < neighbor 10.99.0.2 send update end
 24.984154 < 
 24.987228 < neighbor 10.99.0.2 receive update start
 24.987228 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.987228 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.987228 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.987228 < neighbor 10.99.0.2 receive update end
 24.987228 < 
 24.987278 < neighbor 10.99.0.2 receive update start
 24.987278 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 24.987278 < neighbor 10.99.0.2 receive update end
 24.987278 < 
 24.988684 < neighbor 10.99.0.2 receive update start
 24.988684 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.988684 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.988684 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.988684 < neighbor 10.99.0.2 receive update end
 24.988684 < 
 24.988684 < neighbor 10.99.0.2 receive update start
 24.988684 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 24.988684 < neighbor 10.99.0.2 receive update end
 24.988684 < 
 26.899593 < neighbor 10.99.0.2 down - notification received (6,4)
 26.899593 < 
 27.007446 < neighbor 10.99.0.2 connected
 27.007446 < 
 27.007520 < neighbor 10.99.0.2 up
 27.007520 < 
 27.120546 < neighbor 10.99.0.2 send update start
 27.120546 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 27.120546 < neighbor 10.99.0.2 send update end
 27.120546 < 
 27.120546 < neighbor 10.99.0.2 send update start
 27.120546 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 27.120546 < neighbor 10.99.0.2 send update end
 27.120546 < 
 27.120546 < neighbor 10.99.0.2 send update start
 27.120546 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 27.120546 < neighbor 10.99.0.2 send update end
 27.120546 < 
 27.120546 < neighbor 10.99.0.2 send update start
 27.120546 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 27.120546 < neighbor 10.99.0.2 send update end
 27.120546 < 
 27.120546 < neighbor 10.99.0.2 receive update start
 27.120546 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.120546 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.120546 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.120546 < neighbor 10.99.0.2 receive update end
 27.120546 < 
 27.120546 < neighbor 10.99.0.2 receive update start
 27.120546 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 27.120546 < neighbor 10.99.0.2 receive update end
 27.120546 < 
 27.120546 < neighbor 10.99.0.2 receive update start
 27.120546 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.120546 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.120546 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.120546 < neighbor 10.99.0.2 receive update end
 27.120546 < 
 27.120546 < neighbor 10.99.0.2 receive update start
 27.120546 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 27.120546 < neighbor 10.99.0.2 receive update end
 27.120546 < 
 29.044561 < neighbor 10.99.0.2 down - closing connection
 29.044561 < 
