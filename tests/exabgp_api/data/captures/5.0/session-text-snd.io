  0.012704 < neighbor 10.99.0.2 connected
  0.012704 < 
  0.013385 < neighbor 10.99.0.2 down - closing connection
  0.013385 < 
  0.057164 < neighbor 10.99.0.2 connected
  0.057164 < 
  0.058144 < neighbor 10.99.0.2 down - closing connection
  0.058144 < 
  1.092120 < neighbor 10.99.0.2 connected
  1.092120 < 
  1.092655 < neighbor 10.99.0.2 down - closing connection
  1.092655 < 
  3.116867 < neighbor 10.99.0.2 connected
  3.116867 < 
  3.121472 < neighbor 10.99.0.2 up
  3.121472 < 
  3.121805 < neighbor 10.99.0.2 send update start
  3.121805 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  3.121805 < neighbor 10.99.0.2 send update end
  3.121805 < 
  3.122007 < neighbor 10.99.0.2 send update start
  3.122007 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  3.122007 < neighbor 10.99.0.2 send update end
  3.122007 < 
  3.122260 < neighbor 10.99.0.2 receive update start
  3.122260 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  3.122260 < neighbor 10.99.0.2 receive update end
  3.122260 < 
  3.122551 < neighbor 10.99.0.2 receive update start
  3.122551 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  3.122551 < neighbor 10.99.0.2 receive update end
  3.122551 < 
  6.145107 < neighbor 10.99.0.2 receive update start
  6.145107 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 next-hop 10.99.0.2 origin igp local-preference 100
  6.145107 < neighbor 10.99.0.2 receive update end
  6.145107 < 
  7.348657 < neighbor 10.99.0.2 receive update start
  7.348657 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.348657 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.348657 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.348657 < neighbor 10.99.0.2 receive update end
  7.348657 < 
  8.551249 < neighbor 10.99.0.2 receive update start
  8.551249 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  8.551249 < neighbor 10.99.0.2 receive update end
  8.551249 < 
  9.755061 < neighbor 10.99.0.2 receive update start
  9.755061 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.755061 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.755061 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.755061 < neighbor 10.99.0.2 receive update end
  9.755061 < 
 10.960344 < neighbor 10.99.0.2 receive update start
 10.960344 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24
 10.960344 < neighbor 10.99.0.2 receive update end
 10.960344 < 
 12.162694 < neighbor 10.99.0.2 receive update start
 12.162694 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32
 12.162694 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24
 12.162694 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24
 12.162694 < neighbor 10.99.0.2 receive update end
 12.162694 < 
 13.366268 < neighbor 10.99.0.2 receive update start
 13.366268 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 13.366268 < neighbor 10.99.0.2 receive update end
 13.366268 < 
 14.570177 < neighbor 10.99.0.2 receive update start
 14.570177 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 14.570177 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 14.570177 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 14.570177 < neighbor 10.99.0.2 receive update end
 14.570177 < 
 15.778011 < neighbor 10.99.0.2 receive update start
 15.778011 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.778011 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.778011 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.778011 < neighbor 10.99.0.2 receive update end
 15.778011 < 
 15.780778 < neighbor 10.99.0.2 receive update start
 15.780778 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.780778 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.780778 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.780778 < neighbor 10.99.0.2 receive update end
 15.780778 < 
 16.985168 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 16.986984 < done
 16.987836 < neighbor 10.99.0.2 send update start
 16.987836 < neighbor 10.99.0.2 send update announced 10.50.0.0/24 next-hop 10.99.0.1 origin igp as-path ( 65010 65011 ) med 10 local-preference 200 community [ 65000:1 65000:2 ]
 16.987836 < neighbor 10.99.0.2 send update end
 16.987836 < 
 17.445318 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 17.449431 < done
 17.450265 < neighbor 10.99.0.2 send update start
 17.450265 < neighbor 10.99.0.2 send update announced 10.50.1.0/24 next-hop 10.99.0.1 origin igp local-preference 100
 17.450265 < neighbor 10.99.0.2 send update end
 17.450265 < 
 17.905175 > announce route fd50::/64 next-hop fd99::1
 17.906416 < done
 17.908970 < neighbor 10.99.0.2 send update start
 17.908970 < neighbor 10.99.0.2 send update announced fd50::/64 next-hop fd99::1 origin igp local-preference 100
 17.908970 < neighbor 10.99.0.2 send update end
 17.908970 < 
 18.369174 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 18.373267 < done
 18.373267 < neighbor 10.99.0.2 send update start
 18.373267 < neighbor 10.99.0.2 send update withdrawn 10.50.1.0/24
 18.373267 < neighbor 10.99.0.2 send update end
 18.373267 < 
 18.831169 > withdraw route 10.50.0.0/24
 18.832175 < done
 18.832883 < neighbor 10.99.0.2 send update start
 18.832883 < neighbor 10.99.0.2 send update withdrawn 10.50.0.0/24
 18.832883 < neighbor 10.99.0.2 send update end
 18.832883 < 
 19.289173 > withdraw route fd50::/64
 19.290977 < done
 19.290977 < neighbor 10.99.0.2 send update start
 19.290977 < neighbor 10.99.0.2 send update withdrawn fd50::/64
 19.290977 < neighbor 10.99.0.2 send update end
 19.290977 < 
 19.745808 > announce route 10.50.7.0/24 next-hop self med 7
 19.750877 < done
 19.750877 < neighbor 10.99.0.2 send update start
 19.750877 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 19.750877 < neighbor 10.99.0.2 send update end
 19.750877 < 
 20.214471 < neighbor 10.99.0.2 send update start
 20.214471 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 20.214471 < neighbor 10.99.0.2 send update end
 20.214471 < 
 22.217728 > announce route 10.50.8.0/24 next-hop self med 8
 22.219213 < done
 22.225018 < neighbor 10.99.0.2 send update start
 22.225018 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 22.225018 < neighbor 10.99.0.2 send update end
 22.225018 < 
 22.683368 < neighbor 10.99.0.2 down - notification received (6,2)
 22.683368 < 
 22.694563 < neighbor 10.99.0.2 connected
 22.694563 < 
 22.694958 < neighbor 10.99.0.2 down - closing connection
 22.694958 < 
 23.713002 < neighbor 10.99.0.2 connected
 23.713002 < 
 23.713002 < neighbor 10.99.0.2 down - closing connection
 23.713002 < 
 25.722481 < neighbor 10.99.0.2 connected
 25.722481 < 
 25.725280 < neighbor 10.99.0.2 up
 25.725280 < 
 25.725783 < neighbor 10.99.0.2 send update start
 25.725783 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 25.725783 < neighbor 10.99.0.2 send update end
 25.725783 < 
 25.726136 < neighbor 10.99.0.2 send update start
 25.726136 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 25.726136 < neighbor 10.99.0.2 send update end
 25.726136 < 
 25.726862 < neighbor 10.99.0.2 receive update start
 25.726862 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.726862 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.726862 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.726862 < neighbor 10.99.0.2 receive update end
 25.726862 < 
 25.726862 < neighbor 10.99.0.2 send update start
 25.726862 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 25.726862 < neighbor 10.99.0.2 send update end
 25.726862 < 
 25.726998 < neighbor 10.99.0.2 send update start
 25.726998 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 25.726998 < neighbor 10.99.0.2 send update end
 25.726998 < 
 25.727247 < neighbor 10.99.0.2 receive update start
 25.727247 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 25.727247 < neighbor 10.99.0.2 receive update end
 25.727247 < 
 25.727646 < neighbor 10.99.0.2 receive update start
 25.727646 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.727646 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.727646 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.727646 < neighbor 10.99.0.2 receive update end
 25.727646 < 
 25.727942 < neighbor 10.99.0.2 receive update start
 25.727942 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 25.727942 < neighbor 10.99.0.2 receive update end
 25.727942 < 
 27.738403 < neighbor 10.99.0.2 down - notification received (6,4)
 27.738403 < 
 27.749929 < neighbor 10.99.0.2 connected
 27.749929 < 
 27.751401 < neighbor 10.99.0.2 up
 27.751401 < 
 27.751401 < neighbor 10.99.0.2 send update start
 27.751401 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 27.751401 < neighbor 10.99.0.2 send update end
 27.751401 < 
 27.751401 < neighbor 10.99.0.2 send update start
 27.751401 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 27.751401 < neighbor 10.99.0.2 send update end
 27.751401 < 
 27.761823 < neighbor 10.99.0.2 send update start
 27.761823 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 27.761823 < neighbor 10.99.0.2 send update end
 27.761823 < 
 27.762027 < neighbor 10.99.0.2 send update start
 27.762027 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 27.762027 < neighbor 10.99.0.2 send update end
 27.762027 < 
 27.793711 < neighbor 10.99.0.2 receive update start
 27.793711 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.793711 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.793711 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.793711 < neighbor 10.99.0.2 receive update end
 27.793711 < 
 27.837581 < neighbor 10.99.0.2 receive update start
 27.837581 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 27.837581 < neighbor 10.99.0.2 receive update end
 27.837581 < 
 27.841020 < neighbor 10.99.0.2 receive update start
 27.841020 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.841020 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.841020 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.841020 < neighbor 10.99.0.2 receive update end
 27.841020 < 
 27.841532 < neighbor 10.99.0.2 receive update start
 27.841532 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 27.841532 < neighbor 10.99.0.2 receive update end
 27.841532 < 
 29.761589 < neighbor 10.99.0.2 down - closing connection
 29.761589 < 
 29.775316 < neighbor 10.99.0.2 connected
 29.775316 < 
 29.775786 < neighbor 10.99.0.2 down - closing connection
 29.775786 < 
 30.788316 < neighbor 10.99.0.2 connected
 30.788316 < 
 30.788599 < neighbor 10.99.0.2 down - closing connection
 30.788599 < 
 32.767907 < shutdown 16643 16598
 32.767907 < 
