  1.982686 < neighbor 10.99.0.2 connected
  1.982686 < 
  1.982861 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname( )]
  1.982861 < 
  1.989762 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned unknown capability 0x47]
  1.989762 < 
  1.989909 < neighbor 10.99.0.2 send keepalive
  1.989909 < 
  1.989977 < neighbor 10.99.0.2 receive keepalive
  1.989977 < 
  1.990054 < neighbor 10.99.0.2 up
  1.990054 < 
  2.091009 < neighbor 10.99.0.2 send update start
  2.091009 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  2.091009 < neighbor 10.99.0.2 send update end
  2.091009 < 
  2.091143 < neighbor 10.99.0.2 send update start
  2.091143 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  2.091143 < neighbor 10.99.0.2 send update end
  2.091143 < 
  2.093403 < neighbor 10.99.0.2 receive update start
  2.093403 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  2.093403 < neighbor 10.99.0.2 receive update end
  2.093403 < 
  2.093510 < neighbor 10.99.0.2 receive update start
  2.093510 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  2.093510 < neighbor 10.99.0.2 receive update end
  2.093510 < 
  4.135718 < neighbor 10.99.0.2 send keepalive
  4.135718 < 
  4.273038 < neighbor 10.99.0.2 receive keepalive
  4.273038 < 
  5.024255 < neighbor 10.99.0.2 receive update start
  5.024255 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 next-hop 10.99.0.2 origin igp local-preference 100
  5.024255 < neighbor 10.99.0.2 receive update end
  5.024255 < 
  6.228821 < neighbor 10.99.0.2 receive update start
  6.228821 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.228821 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.228821 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.228821 < neighbor 10.99.0.2 receive update end
  6.228821 < 
  7.058226 < neighbor 10.99.0.2 receive keepalive
  7.058226 < 
  7.164240 < neighbor 10.99.0.2 send keepalive
  7.164240 < 
  7.433936 < neighbor 10.99.0.2 receive update start
  7.433936 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  7.433936 < neighbor 10.99.0.2 receive update end
  7.433936 < 
  8.639385 < neighbor 10.99.0.2 receive update start
  8.639385 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.639385 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.639385 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.639385 < neighbor 10.99.0.2 receive update end
  8.639385 < 
  9.540194 < neighbor 10.99.0.2 receive keepalive
  9.540194 < 
  9.846368 < neighbor 10.99.0.2 receive update start
  9.846368 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24
  9.846368 < neighbor 10.99.0.2 receive update end
  9.846368 < 
 10.149499 < neighbor 10.99.0.2 send keepalive
 10.149499 < 
 11.077592 < neighbor 10.99.0.2 receive update start
 11.077592 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32
 11.077592 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24
 11.077592 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24
 11.077592 < neighbor 10.99.0.2 receive update end
 11.077592 < 
 12.291065 < neighbor 10.99.0.2 receive update start
 12.291065 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 12.291065 < neighbor 10.99.0.2 receive update end
 12.291065 < 
 12.398924 < neighbor 10.99.0.2 receive keepalive
 12.398924 < 
 13.108734 < neighbor 10.99.0.2 send keepalive
 13.108734 < 
 13.500397 < neighbor 10.99.0.2 receive update start
 13.500397 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 13.500397 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 13.500397 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 13.500397 < neighbor 10.99.0.2 receive update end
 13.500397 < 
 14.715536 < neighbor 10.99.0.2 receive update start
 14.715536 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.715536 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.715536 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.715536 < neighbor 10.99.0.2 receive update end
 14.715536 < 
 14.727739 < neighbor 10.99.0.2 receive update start
 14.727739 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.727739 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.727739 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.727739 < neighbor 10.99.0.2 receive update end
 14.727739 < 
 15.166931 < neighbor 10.99.0.2 receive keepalive
 15.166931 < 
 15.928569 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 15.936163 < done
 15.980226 < neighbor 10.99.0.2 send update start
 15.980226 < neighbor 10.99.0.2 send update announced 10.50.0.0/24 next-hop 10.99.0.1 origin igp as-path ( 65010 65011 ) med 10 local-preference 200 community [ 65000:1 65000:2 ]
 15.980226 < neighbor 10.99.0.2 send update end
 15.980226 < 
 16.081131 < neighbor 10.99.0.2 send keepalive
 16.081131 < 
 16.501852 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 16.504488 < done
 16.593313 < neighbor 10.99.0.2 send update start
 16.593313 < neighbor 10.99.0.2 send update announced 10.50.1.0/24 next-hop 10.99.0.1 origin igp local-preference 100
 16.593313 < neighbor 10.99.0.2 send update end
 16.593313 < 
 17.029935 > announce route fd50::/64 next-hop fd99::1
 17.036200 < done
 17.107330 < neighbor 10.99.0.2 send update start
 17.107330 < neighbor 10.99.0.2 send update announced fd50::/64 next-hop fd99::1 origin igp local-preference 100
 17.107330 < neighbor 10.99.0.2 send update end
 17.107330 < 
 17.552302 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 17.554851 < done
 17.611988 < neighbor 10.99.0.2 send update start
 17.611988 < neighbor 10.99.0.2 send update withdrawn 10.50.1.0/24
 17.611988 < neighbor 10.99.0.2 send update end
 17.611988 < 
 18.057032 > withdraw route 10.50.0.0/24
 18.058030 < done
 18.128314 < neighbor 10.99.0.2 receive keepalive
 18.128314 < 
 18.128314 < neighbor 10.99.0.2 send update start
 18.128314 < neighbor 10.99.0.2 send update withdrawn 10.50.0.0/24
 18.128314 < neighbor 10.99.0.2 send update end
 18.128314 < 
 18.562176 > withdraw route fd50::/64
 18.563097 < done
 18.639519 < neighbor 10.99.0.2 send update start
 18.639519 < neighbor 10.99.0.2 send update withdrawn fd50::/64
 18.639519 < neighbor 10.99.0.2 send update end
 18.639519 < 
 19.071512 > announce route 10.50.7.0/24 next-hop self med 7
 19.072887 < done
 19.148473 < neighbor 10.99.0.2 send keepalive
 19.148473 < 
 19.148598 < neighbor 10.99.0.2 send update start
 19.148598 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 19.148598 < neighbor 10.99.0.2 send update end
 19.148598 < 
 19.600149 < neighbor 10.99.0.2 receive route-refresh afi ipv4 safi unicast query
 19.600149 < 
 19.600149 < neighbor 10.99.0.2 send update start
 19.600149 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 19.600149 < neighbor 10.99.0.2 send update end
 19.600149 < 
 19.600149 < neighbor 10.99.0.2 receive route-refresh afi ipv6 safi unicast query
 19.600149 < 
 20.734004 < neighbor 10.99.0.2 receive keepalive
 20.734004 < 
 21.604704 > announce route 10.50.8.0/24 next-hop self med 8
 21.605746 < done
 21.649663 < neighbor 10.99.0.2 send update start
 21.649663 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 21.649663 < neighbor 10.99.0.2 send update end
 21.649663 < 
 22.087920 < neighbor 10.99.0.2 receive notification code 6 subcode 2 data 0x
 22.087920 < 
 22.092161 < neighbor 10.99.0.2 down - notification received (6,2)
 22.092161 < 
 25.116565 < neighbor 10.99.0.2 connected
 25.116565 < 
 25.116646 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname( )]
 25.116646 < 
 25.116646 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned unknown capability 0x47]
 25.116646 < 
 25.116646 < neighbor 10.99.0.2 send keepalive
 25.116646 < 
 25.116703 < neighbor 10.99.0.2 receive keepalive
 25.116703 < 
 25.116724 < neighbor 10.99.0.2 up
 25.116724 < 
 25.217786 < neighbor 10.99.0.2 send update start
 25.217786 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 25.217786 < neighbor 10.99.0.2 send update end
 25.217786 < 
 25.220159 < neighbor 10.99.0.2 send update start
 25.220159 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 25.220159 < neighbor 10.99.0.2 send update end
 25.220159 < 
 25.220159 < neighbor 10.99.0.2 send update start
 25.220159 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 25.220159 < neighbor 10.99.0.2 send update end
 25.220159 < 
 25.220159 < neighbor 10.99.0.2 send update start
 25.220159 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 25.220159 < neighbor 10.99.0.2 send update end
 25.220159 < 
 25.221356 < neighbor 10.99.0.2 receive update start
 25.221356 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.221356 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.221356 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.221356 < neighbor 10.99.0.2 receive update end
 25.221356 < 
 25.221446 < neighbor 10.99.0.2 receive update start
 25.221446 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 25.221446 < neighbor 10.99.0.2 receive update end
 25.221446 < 
 25.222807 < neighbor 10.99.0.2 receive update start
 25.222807 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.222807 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.222807 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.222807 < neighbor 10.99.0.2 receive update end
 25.222807 < 
 25.222898 < neighbor 10.99.0.2 receive update start
 25.222898 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 25.222898 < neighbor 10.99.0.2 receive update end
 25.222898 < 
 27.136190 < neighbor 10.99.0.2 receive notification code 6 subcode 4 data 0x
 27.136190 < 
 27.136190 < neighbor 10.99.0.2 down - notification received (6,4)
 27.136190 < 
 27.226571 < neighbor 10.99.0.2 connected
 27.226571 < 
 27.226662 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname( )]
 27.226662 < 
 27.226662 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned unknown capability 0x47]
 27.226662 < 
 27.226695 < neighbor 10.99.0.2 send keepalive
 27.226695 < 
 27.226704 < neighbor 10.99.0.2 receive keepalive
 27.226704 < 
 27.228174 < neighbor 10.99.0.2 up
 27.228174 < 
 27.333447 < neighbor 10.99.0.2 send update start
 27.333447 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 27.333447 < neighbor 10.99.0.2 send update end
 27.333447 < 
 27.333532 < neighbor 10.99.0.2 send update start
 27.333532 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 27.333532 < neighbor 10.99.0.2 send update end
 27.333532 < 
 27.334362 < neighbor 10.99.0.2 send update start
 27.334362 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 27.334362 < neighbor 10.99.0.2 send update end
 27.334362 < 
 27.334409 < neighbor 10.99.0.2 send update start
 27.334409 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 27.334409 < neighbor 10.99.0.2 send update end
 27.334409 < 
 27.336829 < neighbor 10.99.0.2 receive update start
 27.336829 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.336829 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.336829 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.336829 < neighbor 10.99.0.2 receive update end
 27.336829 < 
 27.336887 < neighbor 10.99.0.2 receive update start
 27.336887 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 27.336887 < neighbor 10.99.0.2 receive update end
 27.336887 < 
 27.338331 < neighbor 10.99.0.2 receive update start
 27.338331 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.338331 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.338331 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.338331 < neighbor 10.99.0.2 receive update end
 27.338331 < 
 27.338378 < neighbor 10.99.0.2 receive update start
 27.338378 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 27.338378 < neighbor 10.99.0.2 receive update end
 27.338378 < 
 29.236360 < neighbor 10.99.0.2 down - closing connection
 29.236360 < 
