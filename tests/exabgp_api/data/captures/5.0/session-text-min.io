  0.011260 < neighbor 10.99.0.2 connected
  0.011260 < 
  0.012238 < neighbor 10.99.0.2 down - closing connection
  0.012238 < 
  0.054520 < neighbor 10.99.0.2 connected
  0.054520 < 
  0.055198 < neighbor 10.99.0.2 down - closing connection
  0.055198 < 
  1.093450 < neighbor 10.99.0.2 connected
  1.093450 < 
  1.094085 < neighbor 10.99.0.2 down - closing connection
  1.094085 < 
  3.081437 < neighbor 10.99.0.2 connected
  3.081437 < 
  3.093941 < neighbor 10.99.0.2 up
  3.093941 < 
  3.094922 < neighbor 10.99.0.2 receive update start
  3.094922 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  3.094922 < neighbor 10.99.0.2 receive update end
  3.094922 < 
  3.095263 < neighbor 10.99.0.2 receive update start
  3.095263 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  3.095263 < neighbor 10.99.0.2 receive update end
  3.095263 < 
  6.105123 < neighbor 10.99.0.2 receive update start
  6.105123 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 next-hop 10.99.0.2 origin igp local-preference 100
  6.105123 < neighbor 10.99.0.2 receive update end
  6.105123 < 
  7.308458 < neighbor 10.99.0.2 receive update start
  7.308458 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.308458 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.308458 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.308458 < neighbor 10.99.0.2 receive update end
  7.308458 < 
  8.512867 < neighbor 10.99.0.2 receive update start
  8.512867 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  8.512867 < neighbor 10.99.0.2 receive update end
  8.512867 < 
  9.719066 < neighbor 10.99.0.2 receive update start
  9.719066 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.719066 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.719066 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.719066 < neighbor 10.99.0.2 receive update end
  9.719066 < 
 10.923496 < neighbor 10.99.0.2 receive update start
 10.923496 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24
 10.923496 < neighbor 10.99.0.2 receive update end
 10.923496 < 
 12.128086 < neighbor 10.99.0.2 receive update start
 12.128086 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32
 12.128086 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24
 12.128086 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24
 12.128086 < neighbor 10.99.0.2 receive update end
 12.128086 < 
 13.331473 < neighbor 10.99.0.2 receive update start
 13.331473 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 13.331473 < neighbor 10.99.0.2 receive update end
 13.331473 < 
 14.537671 < neighbor 10.99.0.2 receive update start
 14.537671 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 14.537671 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 14.537671 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 14.537671 < neighbor 10.99.0.2 receive update end
 14.537671 < 
 15.740218 < neighbor 10.99.0.2 receive update start
 15.740218 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.740218 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.740218 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.740218 < neighbor 10.99.0.2 receive update end
 15.740218 < 
 15.743679 < neighbor 10.99.0.2 receive update start
 15.743679 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.743679 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.743679 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.743679 < neighbor 10.99.0.2 receive update end
 15.743679 < 
 16.945816 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 16.948189 < done
 17.403600 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 17.405231 < done
 17.808327 > announce route fd50::/64 next-hop fd99::1
 17.809441 < done
 18.214375 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 18.215412 < done
 18.618865 > withdraw route 10.50.0.0/24
 18.620313 < done
 19.074227 > withdraw route fd50::/64
 19.075320 < done
 19.481193 > announce route 10.50.7.0/24 next-hop self med 7
 19.485652 < done
 21.941422 > announce route 10.50.8.0/24 next-hop self med 8
 21.942587 < done
 22.349516 < neighbor 10.99.0.2 down - notification received (6,2)
 22.349516 < 
 22.360861 < neighbor 10.99.0.2 connected
 22.360861 < 
 22.360861 < neighbor 10.99.0.2 down - closing connection
 22.360861 < 
 23.372675 < neighbor 10.99.0.2 connected
 23.372675 < 
 23.372982 < neighbor 10.99.0.2 down - closing connection
 23.372982 < 
 25.384074 < neighbor 10.99.0.2 connected
 25.384074 < 
 25.385131 < neighbor 10.99.0.2 up
 25.385131 < 
 25.426586 < neighbor 10.99.0.2 receive update start
 25.426586 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.426586 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.426586 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.426586 < neighbor 10.99.0.2 receive update end
 25.426586 < 
 25.470087 < neighbor 10.99.0.2 receive update start
 25.470087 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 25.470087 < neighbor 10.99.0.2 receive update end
 25.470087 < 
 25.470750 < neighbor 10.99.0.2 receive update start
 25.470750 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.470750 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.470750 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.470750 < neighbor 10.99.0.2 receive update end
 25.470750 < 
 25.471057 < neighbor 10.99.0.2 receive update start
 25.471057 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 25.471057 < neighbor 10.99.0.2 receive update end
 25.471057 < 
 27.398528 < neighbor 10.99.0.2 down - notification received (6,4)
 27.398528 < 
 27.409474 < neighbor 10.99.0.2 connected
 27.409474 < 
 27.410447 < neighbor 10.99.0.2 up
 27.410447 < 
 27.454764 < neighbor 10.99.0.2 receive update start
 27.454764 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.454764 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.454764 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.454764 < neighbor 10.99.0.2 receive update end
 27.454764 < 
 27.502050 < neighbor 10.99.0.2 receive update start
 27.502050 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 27.502050 < neighbor 10.99.0.2 receive update end
 27.502050 < 
 27.502622 < neighbor 10.99.0.2 receive update start
 27.502622 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.502622 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.502622 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.502622 < neighbor 10.99.0.2 receive update end
 27.502622 < 
 27.502920 < neighbor 10.99.0.2 receive update start
 27.502920 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 27.502920 < neighbor 10.99.0.2 receive update end
 27.502920 < 
 29.420117 < neighbor 10.99.0.2 down - closing connection
 29.420117 < 
 29.430837 < neighbor 10.99.0.2 connected
 29.430837 < 
 29.431224 < neighbor 10.99.0.2 down - closing connection
 29.431224 < 
 30.450682 < neighbor 10.99.0.2 connected
 30.450682 < 
 30.450983 < neighbor 10.99.0.2 down - closing connection
 30.450983 < 
 32.422180 < shutdown 15859 15817
 32.422180 < 
