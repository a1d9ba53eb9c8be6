  0.019269 < neighbor 10.99.0.2 connected
  0.019269 < 
  0.019269 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh]
  0.019269 < 
  0.019269 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.019269 < 
  0.024100 < neighbor 10.99.0.2 connected
  0.024100 < 
  0.024388 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh]
  0.024388 < 
  0.024388 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.024388 < 
  1.061257 < neighbor 10.99.0.2 connected
  1.061257 < 
  1.061257 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh]
  1.061257 < 
  1.061257 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71]
  1.061257 < 
  1.061257 < neighbor 10.99.0.2 send keepalive
  1.061257 < 
  1.065191 < neighbor 10.99.0.2 receive keepalive
  1.065191 < 
  1.065495 < neighbor 10.99.0.2 up
  1.065495 < 
  1.065703 < neighbor 10.99.0.2 send update start
  1.065703 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  1.065703 < neighbor 10.99.0.2 send update end
  1.065703 < 
  1.065904 < neighbor 10.99.0.2 send update start
  1.065904 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  1.065904 < neighbor 10.99.0.2 send update end
  1.065904 < 
  1.068525 < neighbor 10.99.0.2 receive update start
  1.068525 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  1.068525 < neighbor 10.99.0.2 receive update end
  1.068525 < 
  1.068944 < neighbor 10.99.0.2 receive update start
  1.068944 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  1.068944 < neighbor 10.99.0.2 receive update end
  1.068944 < 
  3.493321 < neighbor 10.99.0.2 receive keepalive
  3.493321 < 
  3.740229 < neighbor 10.99.0.2 send keepalive
  3.740229 < 
  4.088499 < neighbor 10.99.0.2 receive update start
  4.088499 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 next-hop 10.99.0.2 origin igp local-preference 100
  4.088499 < neighbor 10.99.0.2 receive update end
  4.088499 < 
  5.294775 < neighbor 10.99.0.2 receive update start
  5.294775 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  5.294775 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  5.294775 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  5.294775 < neighbor 10.99.0.2 receive update end
  5.294775 < 
  6.041849 < neighbor 10.99.0.2 receive keepalive
  6.041849 < 
  6.501067 < neighbor 10.99.0.2 receive update start
  6.501067 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  6.501067 < neighbor 10.99.0.2 receive update end
  6.501067 < 
  6.736711 < neighbor 10.99.0.2 send keepalive
  6.736711 < 
  7.706993 < neighbor 10.99.0.2 receive update start
  7.706993 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.706993 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.706993 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.706993 < neighbor 10.99.0.2 receive update end
  7.706993 < 
  8.394344 < neighbor 10.99.0.2 receive keepalive
  8.394344 < 
  8.917058 < neighbor 10.99.0.2 receive update start
  8.917058 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24
  8.917058 < neighbor 10.99.0.2 receive update end
  8.917058 < 
  9.741044 < neighbor 10.99.0.2 send keepalive
  9.741044 < 
 10.120368 < neighbor 10.99.0.2 receive update start
 10.120368 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32
 10.120368 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24
 10.120368 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24
 10.120368 < neighbor 10.99.0.2 receive update end
 10.120368 < 
 11.040529 < neighbor 10.99.0.2 receive keepalive
 11.040529 < 
 11.322671 < neighbor 10.99.0.2 receive update start
 11.322671 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 11.322671 < neighbor 10.99.0.2 receive update end
 11.322671 < 
 12.533581 < neighbor 10.99.0.2 receive update start
 12.533581 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 12.533581 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 12.533581 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 12.533581 < neighbor 10.99.0.2 receive update end
 12.533581 < 
 12.738862 < neighbor 10.99.0.2 send keepalive
 12.738862 < 
 13.746092 < neighbor 10.99.0.2 receive update start
 13.746092 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.746092 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.746092 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.746092 < neighbor 10.99.0.2 receive update end
 13.746092 < 
 13.752359 < neighbor 10.99.0.2 receive update start
 13.752359 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.752359 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.752359 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.752359 < neighbor 10.99.0.2 receive update end
 13.752359 < 
 13.948871 < neighbor 10.99.0.2 receive keepalive
 13.948871 < 
 14.953461 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 14.956957 < done
 14.956957 < neighbor 10.99.0.2 send update start
 14.956957 < neighbor 10.99.0.2 send update announced 10.50.0.0/24 next-hop 10.99.0.1 origin igp as-path [ 65010 65011 ] med 10 local-preference 200 community [ 65000:1 65000:2 ]
 14.956957 < neighbor 10.99.0.2 send update end
 14.956957 < 
 15.416614 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 15.417811 < done
 15.418109 < neighbor 10.99.0.2 send update start
 15.418109 < neighbor 10.99.0.2 send update announced 10.50.1.0/24 next-hop 10.99.0.1 origin igp local-preference 100
 15.418109 < neighbor 10.99.0.2 send update end
 15.418109 < 
 15.740106 < neighbor 10.99.0.2 send keepalive
 15.740106 < 
 16.174383 > announce route fd50::/64 next-hop fd99::1
 16.175249 < done
 16.175544 < neighbor 10.99.0.2 send update start
 16.175544 < neighbor 10.99.0.2 send update announced fd50::/64 next-hop fd99::1 origin igp local-preference 100
 16.175544 < neighbor 10.99.0.2 send update end
 16.175544 < 
 16.473228 < neighbor 10.99.0.2 receive keepalive
 16.473228 < 
 16.880288 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 16.881273 < done
 16.881504 < neighbor 10.99.0.2 send update start
 16.881504 < neighbor 10.99.0.2 send update withdrawn 10.50.1.0/24
 16.881504 < neighbor 10.99.0.2 send update end
 16.881504 < 
 17.334927 > withdraw route 10.50.0.0/24
 17.336111 < done
 17.336111 < neighbor 10.99.0.2 send update start
 17.336111 < neighbor 10.99.0.2 send update withdrawn 10.50.0.0/24
 17.336111 < neighbor 10.99.0.2 send update end
 17.336111 < 
 17.789791 > withdraw route fd50::/64
 17.791141 < done
 17.791141 < neighbor 10.99.0.2 send update start
 17.791141 < neighbor 10.99.0.2 send update withdrawn fd50::/64
 17.791141 < neighbor 10.99.0.2 send update end
 17.791141 < 
 18.244972 > announce route 10.50.7.0/24 next-hop self med 7
 18.249073 < done
 18.249073 < neighbor 10.99.0.2 send update start
 18.249073 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 18.249073 < neighbor 10.99.0.2 send update end
 18.249073 < 
 18.658862 < neighbor 10.99.0.2 receive route-refresh afi ipv4 safi unicast query
 18.658862 < 
 18.660593 < neighbor 10.99.0.2 down - peer reset, message [] error[]
 18.660593 < 
 19.611070 < neighbor 10.99.0.2 connected
 19.611070 < 
 19.611361 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh]
 19.611361 < 
 19.611610 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71]
 19.611610 < 
 19.611781 < neighbor 10.99.0.2 send keepalive
 19.611781 < 
 19.611921 < neighbor 10.99.0.2 receive keepalive
 19.611921 < 
 19.612043 < neighbor 10.99.0.2 up
 19.612043 < 
 19.612224 < neighbor 10.99.0.2 send update start
 19.612224 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 19.612224 < neighbor 10.99.0.2 send update end
 19.612224 < 
 19.612541 < neighbor 10.99.0.2 receive update start
 19.612541 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.612541 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.612541 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.612541 < neighbor 10.99.0.2 receive update end
 19.612541 < 
 19.612714 < neighbor 10.99.0.2 send update start
 19.612714 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 19.612714 < neighbor 10.99.0.2 send update end
 19.612714 < 
 19.612830 < neighbor 10.99.0.2 send update start
 19.612830 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 19.612830 < neighbor 10.99.0.2 send update end
 19.612830 < 
 19.613077 < neighbor 10.99.0.2 receive update start
 19.613077 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 19.613077 < neighbor 10.99.0.2 receive update end
 19.613077 < 
 19.613399 < neighbor 10.99.0.2 receive update start
 19.613399 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.613399 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.613399 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.613399 < neighbor 10.99.0.2 receive update end
 19.613399 < 
 19.613610 < neighbor 10.99.0.2 receive update start
 19.613610 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 19.613610 < neighbor 10.99.0.2 receive update end
 19.613610 < 
 20.659706 > announce route 10.50.8.0/24 next-hop self med 8
 20.660831 < done
 20.661259 < neighbor 10.99.0.2 send update start
 20.661259 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 20.661259 < neighbor 10.99.0.2 send update end
 20.661259 < 
 21.118490 < neighbor 10.99.0.2 receive notification code 6 subcode 2 data 0x
 21.118490 < 
 21.118834 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,2)] error[Cease / Administrative Shutdown]
 21.118834 < 
 21.129540 < neighbor 10.99.0.2 connected
 21.129540 < 
 21.129749 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh]
 21.129749 < 
 21.129866 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 21.129866 < 
 22.145549 < neighbor 10.99.0.2 connected
 22.145549 < 
 22.145784 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh]
 22.145784 < 
 22.145907 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 22.145907 < 
 24.161359 < neighbor 10.99.0.2 connected
 24.161359 < 
 24.161608 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh]
 24.161608 < 
 24.162055 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71]
 24.162055 < 
 24.162218 < neighbor 10.99.0.2 send keepalive
 24.162218 < 
 24.162444 < neighbor 10.99.0.2 receive keepalive
 24.162444 < 
 24.162692 < neighbor 10.99.0.2 up
 24.162692 < 
 24.163025 < neighbor 10.99.0.2 send update start
 24.163025 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 24.163025 < neighbor 10.99.0.2 send update end
 24.163025 < 
 24.163228 < neighbor 10.99.0.2 send update start
 24.163228 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 24.163228 < neighbor 10.99.0.2 send update end
 24.163228 < 
 24.173606 < neighbor 10.99.0.2 send update start
 24.173606 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 24.173606 < neighbor 10.99.0.2 send update end
 24.173606 < 
 24.173760 < neighbor 10.99.0.2 send update start
 24.173760 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 24.173760 < neighbor 10.99.0.2 send update end
 24.173760 < 
 24.207891 < neighbor 10.99.0.2 receive update start
 24.207891 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.207891 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.207891 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.207891 < neighbor 10.99.0.2 receive update end
 24.207891 < 
 24.249327 < neighbor 10.99.0.2 receive update start
 24.249327 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 24.249327 < neighbor 10.99.0.2 receive update end
 24.249327 < 
 24.249981 < neighbor 10.99.0.2 receive update start
 24.249981 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.249981 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.249981 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.249981 < neighbor 10.99.0.2 receive update end
 24.249981 < 
 24.250291 < neighbor 10.99.0.2 receive update start
 24.250291 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 24.250291 < neighbor 10.99.0.2 receive update end
 24.250291 < 
 26.174030 < neighbor 10.99.0.2 receive notification code 6 subcode 4 data 0x
 26.174030 < 
 26.174119 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,4)] error[Cease / Administrative Reset]
 26.174119 < 
 27.132234 < neighbor 10.99.0.2 connected
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh]
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71]
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 send keepalive
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 receive keepalive
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 up
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 send update start
 27.132234 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 27.132234 < neighbor 10.99.0.2 send update end
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 send update start
 27.132234 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 27.132234 < neighbor 10.99.0.2 send update end
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 receive update start
 27.132234 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.132234 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.132234 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.132234 < neighbor 10.99.0.2 receive update end
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 send update start
 27.132234 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 27.132234 < neighbor 10.99.0.2 send update end
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 send update start
 27.132234 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 27.132234 < neighbor 10.99.0.2 send update end
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 receive update start
 27.132234 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 27.132234 < neighbor 10.99.0.2 receive update end
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 receive update start
 27.132234 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.132234 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.132234 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.132234 < neighbor 10.99.0.2 receive update end
 27.132234 < 
 27.132234 < neighbor 10.99.0.2 receive update start
 27.132234 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 27.132234 < neighbor 10.99.0.2 receive update end
 27.132234 < 
 29.141253 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[the TCP connection was closed by the remote end]
 29.141253 < 
 29.151803 < neighbor 10.99.0.2 connected
 29.151803 < 
 29.151915 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh]
 29.151915 < 
 29.151981 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 29.151981 < 
 30.163632 < neighbor 10.99.0.2 connected
 30.163632 < 
 30.163632 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh]
 30.163632 < 
 30.163632 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 30.163632 < 
 32.161415 < shutdown 11444 11375
 32.161415 < 
