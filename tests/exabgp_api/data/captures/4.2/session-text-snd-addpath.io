  0.015286 < neighbor 10.99.0.2 connected
  0.015286 < 
  0.015837 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.015837 < 
  0.057201 < neighbor 10.99.0.2 connected
  0.057201 < 
  0.057536 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.057536 < 
  1.093053 < neighbor 10.99.0.2 connected
  1.093053 < 
  1.093378 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  1.093378 < 
  2.544182 < neighbor 10.99.0.2 connected
  2.544182 < 
  2.560191 < neighbor 10.99.0.2 up
  2.560191 < 
  2.560191 < neighbor 10.99.0.2 send update start
  2.560191 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  2.560191 < neighbor 10.99.0.2 send update end
  2.560191 < 
  2.560415 < neighbor 10.99.0.2 send update start
  2.560415 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  2.560415 < neighbor 10.99.0.2 send update end
  2.560415 < 
  2.560669 < neighbor 10.99.0.2 receive update start
  2.560669 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  2.560669 < neighbor 10.99.0.2 receive update end
  2.560669 < 
  2.560940 < neighbor 10.99.0.2 receive update start
  2.560940 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  2.560940 < neighbor 10.99.0.2 receive update end
  2.560940 < 
  5.570167 < neighbor 10.99.0.2 receive update start
  5.570167 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp local-preference 100
  5.570167 < neighbor 10.99.0.2 receive update end
  5.570167 < 
  6.774267 < neighbor 10.99.0.2 receive update start
  6.774267 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 path-information 0.0.0.4 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.774267 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 path-information 0.0.0.4 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.774267 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 path-information 0.0.0.4 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.774267 < neighbor 10.99.0.2 receive update end
  6.774267 < 
  7.978781 < neighbor 10.99.0.2 receive update start
  7.978781 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  7.978781 < neighbor 10.99.0.2 receive update end
  7.978781 < 
  9.183294 < neighbor 10.99.0.2 receive update start
  9.183294 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.183294 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.183294 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.183294 < neighbor 10.99.0.2 receive update end
  9.183294 < 
 10.386115 < neighbor 10.99.0.2 receive update start
 10.386115 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24 path-information 0.0.0.3
 10.386115 < neighbor 10.99.0.2 receive update end
 10.386115 < 
 11.593957 < neighbor 10.99.0.2 receive update start
 11.593957 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32 path-information 0.0.0.4
 11.593957 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24 path-information 0.0.0.4
 11.593957 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24 path-information 0.0.0.4
 11.593957 < neighbor 10.99.0.2 receive update end
 11.593957 < 
 12.797757 < neighbor 10.99.0.2 receive update start
 12.797757 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 12.797757 < neighbor 10.99.0.2 receive update end
 12.797757 < 
 14.000617 < neighbor 10.99.0.2 receive update start
 14.000617 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 14.000617 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 14.000617 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 14.000617 < neighbor 10.99.0.2 receive update end
 14.000617 < 
 15.204067 < neighbor 10.99.0.2 receive update start
 15.204067 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.204067 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.204067 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.204067 < neighbor 10.99.0.2 receive update end
 15.204067 < 
 15.207316 < neighbor 10.99.0.2 receive update start
 15.207316 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.207316 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.207316 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.207316 < neighbor 10.99.0.2 receive update end
 15.207316 < 
 16.408564 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 16.410444 < done
 16.410444 < neighbor 10.99.0.2 send update start
 16.410444 < neighbor 10.99.0.2 send update announced 10.50.0.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp as-path [ 65010 65011 ] med 10 local-preference 200 community [ 65000:1 65000:2 ]
 16.410444 < neighbor 10.99.0.2 send update end
 16.410444 < 
 16.814626 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 16.815488 < done
 16.816102 < neighbor 10.99.0.2 send update start
 16.816102 < neighbor 10.99.0.2 send update announced 10.50.1.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp local-preference 100
 16.816102 < neighbor 10.99.0.2 send update end
 16.816102 < 
 17.269798 > announce route fd50::/64 next-hop fd99::1
 17.271502 < done
 17.271502 < neighbor 10.99.0.2 send update start
 17.271502 < neighbor 10.99.0.2 send update announced fd50::/64 next-hop fd99::1 origin igp local-preference 100
 17.271502 < neighbor 10.99.0.2 send update end
 17.271502 < 
 17.725341 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 17.726138 < done
 17.726549 < neighbor 10.99.0.2 send update start
 17.726549 < neighbor 10.99.0.2 send update withdrawn 10.50.1.0/24 path-information 0.0.0.0
 17.726549 < neighbor 10.99.0.2 send update end
 17.726549 < 
 18.180410 > withdraw route 10.50.0.0/24
 18.181800 < done
 18.181800 < neighbor 10.99.0.2 send update start
 18.181800 < neighbor 10.99.0.2 send update withdrawn 10.50.0.0/24 path-information 0.0.0.0
 18.181800 < neighbor 10.99.0.2 send update end
 18.181800 < 
 18.636038 > withdraw route fd50::/64
 18.637458 < done
 18.637458 < neighbor 10.99.0.2 send update start
 18.637458 < neighbor 10.99.0.2 send update withdrawn fd50::/64
 18.637458 < neighbor 10.99.0.2 send update end
 18.637458 < 
 19.091638 > announce route 10.50.7.0/24 next-hop self med 7
 19.092714 < done
 19.093027 < neighbor 10.99.0.2 send update start
 19.093027 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 19.093027 < neighbor 10.99.0.2 send update end
 19.093027 < 
 19.552630 < neighbor 10.99.0.2 down - peer reset, message [] error[]
 19.552630 < 
 19.563663 < neighbor 10.99.0.2 connected
 19.563663 < 
 19.564708 < neighbor 10.99.0.2 up
 19.564708 < 
 19.564984 < neighbor 10.99.0.2 send update start
 19.564984 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 19.564984 < neighbor 10.99.0.2 send update end
 19.564984 < 
 19.575494 < neighbor 10.99.0.2 send update start
 19.575494 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 19.575494 < neighbor 10.99.0.2 send update end
 19.575494 < 
 19.579887 < neighbor 10.99.0.2 send update start
 19.579887 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 19.579887 < neighbor 10.99.0.2 send update end
 19.579887 < 
 19.608444 < neighbor 10.99.0.2 receive update start
 19.608444 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.608444 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.608444 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.608444 < neighbor 10.99.0.2 receive update end
 19.608444 < 
 19.651941 < neighbor 10.99.0.2 receive update start
 19.651941 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 19.651941 < neighbor 10.99.0.2 receive update end
 19.651941 < 
 19.652751 < neighbor 10.99.0.2 receive update start
 19.652751 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.652751 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.652751 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.652751 < neighbor 10.99.0.2 receive update end
 19.652751 < 
 19.653145 < neighbor 10.99.0.2 receive update start
 19.653145 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 19.653145 < neighbor 10.99.0.2 receive update end
 19.653145 < 
 21.551418 > announce route 10.50.8.0/24 next-hop self med 8
 21.553348 < done
 21.553348 < neighbor 10.99.0.2 send update start
 21.553348 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 21.553348 < neighbor 10.99.0.2 send update end
 21.553348 < 
 22.012262 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,2)] error[Cease / Administrative Shutdown]
 22.012262 < 
 23.027701 < neighbor 10.99.0.2 connected
 23.027701 < 
 23.027967 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 23.027967 < 
 25.042566 < neighbor 10.99.0.2 connected
 25.042566 < 
 25.043390 < neighbor 10.99.0.2 up
 25.043390 < 
 25.043744 < neighbor 10.99.0.2 send update start
 25.043744 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 25.043744 < neighbor 10.99.0.2 send update end
 25.043744 < 
 25.043887 < neighbor 10.99.0.2 send update start
 25.043887 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 25.043887 < neighbor 10.99.0.2 send update end
 25.043887 < 
 25.054404 < neighbor 10.99.0.2 send update start
 25.054404 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 25.054404 < neighbor 10.99.0.2 send update end
 25.054404 < 
 25.054597 < neighbor 10.99.0.2 send update start
 25.054597 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 25.054597 < neighbor 10.99.0.2 send update end
 25.054597 < 
 25.084403 < neighbor 10.99.0.2 receive update start
 25.084403 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.084403 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.084403 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.084403 < neighbor 10.99.0.2 receive update end
 25.084403 < 
 25.127933 < neighbor 10.99.0.2 receive update start
 25.127933 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 25.127933 < neighbor 10.99.0.2 receive update end
 25.127933 < 
 25.128556 < neighbor 10.99.0.2 receive update start
 25.128556 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.128556 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.128556 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.128556 < neighbor 10.99.0.2 receive update end
 25.128556 < 
 25.128879 < neighbor 10.99.0.2 receive update start
 25.128879 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 25.128879 < neighbor 10.99.0.2 receive update end
 25.128879 < 
 27.062114 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,4)] error[Cease / Administrative Reset]
 27.062114 < 
 28.000171 < neighbor 10.99.0.2 connected
 28.000171 < 
 28.003820 < neighbor 10.99.0.2 up
 28.003820 < 
 28.004118 < neighbor 10.99.0.2 send update start
 28.004118 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 28.004118 < neighbor 10.99.0.2 send update end
 28.004118 < 
 28.004303 < neighbor 10.99.0.2 send update start
 28.004303 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 path-information 0.0.0.0 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 28.004303 < neighbor 10.99.0.2 send update end
 28.004303 < 
 28.004573 < neighbor 10.99.0.2 receive update start
 28.004573 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 28.004573 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 28.004573 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 path-information 0.0.0.3 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 28.004573 < neighbor 10.99.0.2 receive update end
 28.004573 < 
 28.004795 < neighbor 10.99.0.2 send update start
 28.004795 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 28.004795 < neighbor 10.99.0.2 send update end
 28.004795 < 
 28.004974 < neighbor 10.99.0.2 send update start
 28.004974 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 28.004974 < neighbor 10.99.0.2 send update end
 28.004974 < 
 28.005131 < neighbor 10.99.0.2 receive update start
 28.005131 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 28.005131 < neighbor 10.99.0.2 receive update end
 28.005131 < 
 28.005375 < neighbor 10.99.0.2 receive update start
 28.005375 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 28.005375 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 28.005375 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 28.005375 < neighbor 10.99.0.2 receive update end
 28.005375 < 
 28.005577 < neighbor 10.99.0.2 receive update start
 28.005577 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 28.005577 < neighbor 10.99.0.2 receive update end
 28.005577 < 
 30.012329 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[the TCP connection was closed by the remote end]
 30.012329 < 
 30.023029 < neighbor 10.99.0.2 connected
 30.023029 < 
 30.023368 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 30.023368 < 
 31.043625 < neighbor 10.99.0.2 connected
 31.043625 < 
 31.043968 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 31.043968 < 
 33.021691 < shutdown 26513 21918
 33.021691 < 
