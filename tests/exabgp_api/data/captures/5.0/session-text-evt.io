  0.009000 < neighbor 10.99.0.2 connected
  0.009000 < 
  0.009424 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname(none none)]
  0.009424 < 
  0.009807 < neighbor 10.99.0.2 down - closing connection
  0.009807 < 
  0.051830 < neighbor 10.99.0.2 connected
  0.051830 < 
  0.052017 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname(none none)]
  0.052017 < 
  0.052349 < neighbor 10.99.0.2 down - closing connection
  0.052349 < 
  1.091057 < neighbor 10.99.0.2 connected
  1.091057 < 
  1.091057 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname(none none)]
  1.091057 < 
  1.091309 < neighbor 10.99.0.2 down - closing connection
  1.091309 < 
  3.122009 < neighbor 10.99.0.2 connected
  3.122009 < 
  3.122340 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x8 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname(none none)]
  3.122340 < 
  3.123319 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71]
  3.123319 < 
  3.123554 < neighbor 10.99.0.2 send keepalive
  3.123554 < 
  3.126982 < neighbor 10.99.0.2 receive keepalive
  3.126982 < 
  3.126982 < neighbor 10.99.0.2 up
  3.126982 < 
  3.126982 < neighbor 10.99.0.2 send update start
  3.126982 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  3.126982 < neighbor 10.99.0.2 send update end
  3.126982 < 
  3.126982 < neighbor 10.99.0.2 send update start
  3.126982 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  3.126982 < neighbor 10.99.0.2 send update end
  3.126982 < 
  3.126982 < neighbor 10.99.0.2 receive update start
  3.126982 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  3.126982 < neighbor 10.99.0.2 receive update end
  3.126982 < 
  3.126982 < neighbor 10.99.0.2 receive update start
  3.126982 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  3.126982 < neighbor 10.99.0.2 receive update end
  3.126982 < 
  5.851499 < neighbor 10.99.0.2 receive keepalive
  5.851499 < 
  5.862274 < neighbor 10.99.0.2 send keepalive
  5.862274 < 
  6.137904 < neighbor 10.99.0.2 receive update start
  6.137904 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 next-hop 10.99.0.2 origin igp local-preference 100
  6.137904 < neighbor 10.99.0.2 receive update end
  6.137904 < 
  7.341717 < neighbor 10.99.0.2 receive update start
  7.341717 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.341717 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.341717 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.341717 < neighbor 10.99.0.2 receive update end
  7.341717 < 
  8.544329 < neighbor 10.99.0.2 receive update start
  8.544329 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  8.544329 < neighbor 10.99.0.2 receive update end
  8.544329 < 
  8.626318 < neighbor 10.99.0.2 receive keepalive
  8.626318 < 
  8.871360 < neighbor 10.99.0.2 send keepalive
  8.871360 < 
  9.747219 < neighbor 10.99.0.2 receive update start
  9.747219 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.747219 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.747219 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.747219 < neighbor 10.99.0.2 receive update end
  9.747219 < 
 10.951594 < neighbor 10.99.0.2 receive update start
 10.951594 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24
 10.951594 < neighbor 10.99.0.2 receive update end
 10.951594 < 
 11.406836 < neighbor 10.99.0.2 receive keepalive
 11.406836 < 
 11.862275 < neighbor 10.99.0.2 send keepalive
 11.862275 < 
 12.157383 < neighbor 10.99.0.2 receive update start
 12.157383 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32
 12.157383 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24
 12.157383 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24
 12.157383 < neighbor 10.99.0.2 receive update end
 12.157383 < 
 13.360798 < neighbor 10.99.0.2 receive update start
 13.360798 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 13.360798 < neighbor 10.99.0.2 receive update end
 13.360798 < 
 13.761094 < neighbor 10.99.0.2 receive keepalive
 13.761094 < 
 14.565079 < neighbor 10.99.0.2 receive update start
 14.565079 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 14.565079 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 14.565079 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 14.565079 < neighbor 10.99.0.2 receive update end
 14.565079 < 
 14.863478 < neighbor 10.99.0.2 send keepalive
 14.863478 < 
 15.768691 < neighbor 10.99.0.2 receive update start
 15.768691 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.768691 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.768691 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.768691 < neighbor 10.99.0.2 receive update end
 15.768691 < 
 15.771868 < neighbor 10.99.0.2 receive update start
 15.771868 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.771868 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.771868 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.771868 < neighbor 10.99.0.2 receive update end
 15.771868 < 
 16.019325 < neighbor 10.99.0.2 receive keepalive
 16.019325 < 
 16.972096 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 16.974246 < done
 16.974885 < neighbor 10.99.0.2 send update start
 16.974885 < neighbor 10.99.0.2 send update announced 10.50.0.0/24 next-hop 10.99.0.1 origin igp as-path ( 65010 65011 ) med 10 local-preference 200 community [ 65000:1 65000:2 ]
 16.974885 < neighbor 10.99.0.2 send update end
 16.974885 < 
 17.379300 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 17.380861 < done
 17.381498 < neighbor 10.99.0.2 send update start
 17.381498 < neighbor 10.99.0.2 send update announced 10.50.1.0/24 next-hop 10.99.0.1 origin igp local-preference 100
 17.381498 < neighbor 10.99.0.2 send update end
 17.381498 < 
 17.834092 > announce route fd50::/64 next-hop fd99::1
 17.835569 < done
 17.836243 < neighbor 10.99.0.2 send update start
 17.836243 < neighbor 10.99.0.2 send update announced fd50::/64 next-hop fd99::1 origin igp local-preference 100
 17.836243 < neighbor 10.99.0.2 send update end
 17.836243 < 
 17.867608 < neighbor 10.99.0.2 send keepalive
 17.867608 < 
 18.288930 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 18.290340 < done
 18.290802 < neighbor 10.99.0.2 send update start
 18.290802 < neighbor 10.99.0.2 send update withdrawn 10.50.1.0/24
 18.290802 < neighbor 10.99.0.2 send update end
 18.290802 < 
 18.330662 < neighbor 10.99.0.2 receive keepalive
 18.330662 < 
 18.743620 > withdraw route 10.50.0.0/24
 18.744987 < done
 18.745416 < neighbor 10.99.0.2 send update start
 18.745416 < neighbor 10.99.0.2 send update withdrawn 10.50.0.0/24
 18.745416 < neighbor 10.99.0.2 send update end
 18.745416 < 
 19.199493 > withdraw route fd50::/64
 19.200990 < done
 19.201466 < neighbor 10.99.0.2 send update start
 19.201466 < neighbor 10.99.0.2 send update withdrawn fd50::/64
 19.201466 < neighbor 10.99.0.2 send update end
 19.201466 < 
 19.606820 > announce route 10.50.7.0/24 next-hop self med 7
 19.609049 < done
 19.609049 < neighbor 10.99.0.2 send update start
 19.609049 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 19.609049 < neighbor 10.99.0.2 send update end
 19.609049 < 
 20.067045 < neighbor 10.99.0.2 receive route-refresh afi ipv4 safi unicast query
 20.067045 < 
 20.067355 < neighbor 10.99.0.2 send update start
 20.067355 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 20.067355 < neighbor 10.99.0.2 send update end
 20.067355 < 
 20.067653 < neighbor 10.99.0.2 receive route-refresh afi ipv6 safi unicast query
 20.067653 < 
 20.865944 < neighbor 10.99.0.2 send keepalive
 20.865944 < 
 21.267005 < neighbor 10.99.0.2 receive keepalive
 21.267005 < 
 22.068194 > announce route 10.50.8.0/24 next-hop self med 8
 22.069403 < done
 22.070024 < neighbor 10.99.0.2 send update start
 22.070024 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 22.070024 < neighbor 10.99.0.2 send update end
 22.070024 < 
 22.528055 < neighbor 10.99.0.2 receive notification code 6 subcode 2 data 0x
 22.528055 < 
 22.528055 < neighbor 10.99.0.2 down - notification received (6,2)
 22.528055 < 
 22.538726 < neighbor 10.99.0.2 connected
 22.538726 < 
 22.538996 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x0 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname(none none)]
 22.538996 < 
 22.539179 < neighbor 10.99.0.2 down - closing connection
 22.539179 < 
 23.560202 < neighbor 10.99.0.2 connected
 23.560202 < 
 23.560417 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x0 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname(none none)]
 23.560417 < 
 23.560581 < neighbor 10.99.0.2 down - closing connection
 23.560581 < 
 25.581563 < neighbor 10.99.0.2 connected
 25.581563 < 
 25.581863 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x0 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname(none none)]
 25.581863 < 
 25.582470 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71]
 25.582470 < 
 25.582662 < neighbor 10.99.0.2 send keepalive
 25.582662 < 
 25.582974 < neighbor 10.99.0.2 receive keepalive
 25.582974 < 
 25.583157 < neighbor 10.99.0.2 up
 25.583157 < 
 25.583719 < neighbor 10.99.0.2 send update start
 25.583719 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 25.583719 < neighbor 10.99.0.2 send update end
 25.583719 < 
 25.584073 < neighbor 10.99.0.2 send update start
 25.584073 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 25.584073 < neighbor 10.99.0.2 send update end
 25.584073 < 
 25.584695 < neighbor 10.99.0.2 receive update start
 25.584695 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.584695 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.584695 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.584695 < neighbor 10.99.0.2 receive update end
 25.584695 < 
 25.584942 < neighbor 10.99.0.2 send update start
 25.584942 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 25.584942 < neighbor 10.99.0.2 send update end
 25.584942 < 
 25.586028 < neighbor 10.99.0.2 send update start
 25.586028 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 25.586028 < neighbor 10.99.0.2 send update end
 25.586028 < 
 25.586028 < neighbor 10.99.0.2 receive update start
 25.586028 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 25.586028 < neighbor 10.99.0.2 receive update end
 25.586028 < 
 25.586028 < neighbor 10.99.0.2 receive update start
 25.586028 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.586028 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.586028 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.586028 < neighbor 10.99.0.2 receive update end
 25.586028 < 
 25.586028 < neighbor 10.99.0.2 receive update start
 25.586028 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 25.586028 < neighbor 10.99.0.2 receive update end
 25.586028 < 
 27.596595 < neighbor 10.99.0.2 receive notification code 6 subcode 4 data 0x
 27.596595 < 
 27.596689 < neighbor 10.99.0.2 down - notification received (6,4)
 27.596689 < 
 27.607728 < neighbor 10.99.0.2 connected
 27.607728 < 
 27.607873 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x0 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname(none none)]
 27.607873 < 
 27.608200 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71]
 27.608200 < 
 27.608336 < neighbor 10.99.0.2 send keepalive
 27.608336 < 
 27.612327 < neighbor 10.99.0.2 receive keepalive
 27.612327 < 
 27.612327 < neighbor 10.99.0.2 up
 27.612327 < 
 27.612327 < neighbor 10.99.0.2 send update start
 27.612327 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 27.612327 < neighbor 10.99.0.2 send update end
 27.612327 < 
 27.612327 < neighbor 10.99.0.2 send update start
 27.612327 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 27.612327 < neighbor 10.99.0.2 send update end
 27.612327 < 
 27.612327 < neighbor 10.99.0.2 receive update start
 27.612327 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.612327 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.612327 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.612327 < neighbor 10.99.0.2 receive update end
 27.612327 < 
 27.612327 < neighbor 10.99.0.2 send update start
 27.612327 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 27.612327 < neighbor 10.99.0.2 send update end
 27.612327 < 
 27.612416 < neighbor 10.99.0.2 send update start
 27.612416 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 27.612416 < neighbor 10.99.0.2 send update end
 27.612416 < 
 27.612545 < neighbor 10.99.0.2 receive update start
 27.612545 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 27.612545 < neighbor 10.99.0.2 receive update end
 27.612545 < 
 27.612914 < neighbor 10.99.0.2 receive update start
 27.612914 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.612914 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.612914 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.612914 < neighbor 10.99.0.2 receive update end
 27.612914 < 
 27.613177 < neighbor 10.99.0.2 receive update start
 27.613177 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 27.613177 < neighbor 10.99.0.2 receive update end
 27.613177 < 
 29.618672 < neighbor 10.99.0.2 down - closing connection
 29.618672 < 
 29.629867 < neighbor 10.99.0.2 connected
 29.629867 < 
 29.630196 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x0 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname(none none)]
 29.630196 < 
 29.630416 < neighbor 10.99.0.2 down - closing connection
 29.630416 < 
 30.647480 < neighbor 10.99.0.2 connected
 30.647480 < 
 30.647679 < neighbor 10.99.0.2 send open version 4 asn 65000 hold_time 9 router_id 10.99.0.1 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, extended message(65535), graceful restart flags 0x0 time 60 ipv4/unicast=0x80 ipv6/unicast=0x80, asn4(65000), enhanced route refresh, hostname(none none)]
 30.647679 < 
 30.647836 < neighbor 10.99.0.2 down - closing connection
 30.647836 < 
 32.621277 < shutdown 15640 15599
 32.621277 < 
