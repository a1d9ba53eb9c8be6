  0.006820 < neighbor 10.99.0.2 connected
  0.006820 < 
  0.006820 < neighbor 10.99.0.2 down - closing connection
  0.006820 < 
  0.021964 < neighbor 10.99.0.2 connected
  0.021964 < 
  0.022331 < neighbor 10.99.0.2 down - closing connection
  0.022331 < 
  1.063438 < neighbor 10.99.0.2 connected
  1.063438 < 
  1.063815 < neighbor 10.99.0.2 down - closing connection
  1.063815 < 
  2.969501 < neighbor 10.99.0.2 connected
  2.969501 < 
  2.982610 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71] header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003B01 body 0x04FDE800090A6300021E021C01040001000101040002000102004002007841040000FDE846004700
  2.982610 < 
  2.987089 < neighbor 10.99.0.2 up
  2.987089 < 
  2.987866 < neighbor 10.99.0.2 receive update start
  2.987866 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  2.987866 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001702 body 0x00000000
  2.987866 < neighbor 10.99.0.2 receive update end
  2.987866 < 
  2.988267 < neighbor 10.99.0.2 receive update start
  2.988267 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  2.988267 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02 body 0x00000006800F03000201
  2.988267 < neighbor 10.99.0.2 receive update end
  2.988267 < 
  6.005199 < neighbor 10.99.0.2 receive update start
  6.005199 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 next-hop 10.99.0.2 origin igp local-preference 100
  6.005199 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003002 body 0x00000015400101004002004003040A63000240050400000064180A0A00
  6.005199 < neighbor 10.99.0.2 receive update end
  6.005199 < 
  7.214425 < neighbor 10.99.0.2 receive update start
  7.214425 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.214425 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.214425 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.214425 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF006F02 body 0x0000004B4001010040020A02020000FDEA0000FDE74003040A63000280040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002180A1400180A1401200A140201
  7.214425 < neighbor 10.99.0.2 receive update end
  7.214425 < 
  8.419184 < neighbor 10.99.0.2 receive update start
  8.419184 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  8.419184 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF004702 body 0x00000030900E001E00020110FD9900000000000000000000000000020040FD100000000000004001010040020040050400000064
  8.419184 < neighbor 10.99.0.2 receive update end
  8.419184 < 
  9.625662 < neighbor 10.99.0.2 receive update start
  9.625662 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.625662 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.625662 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  9.625662 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF009702 body 0x00000080900E003800020110FD9900000000000000000000000000020040FD2000000001000040FD2000000002000080FD2000000000000000000000000000014001010040020A02020000FDEA0000FDE780040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002
  9.625662 < neighbor 10.99.0.2 receive update end
  9.625662 < 
 10.833433 < neighbor 10.99.0.2 receive update start
 10.833433 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24
 10.833433 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001B02 body 0x0004180A0A000000
 10.833433 < neighbor 10.99.0.2 receive update end
 10.833433 < 
 12.039693 < neighbor 10.99.0.2 receive update start
 12.039693 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32
 12.039693 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24
 12.039693 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24
 12.039693 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF002402 body 0x000D200A140201180A1400180A14010000
 12.039693 < neighbor 10.99.0.2 receive update end
 12.039693 < 
 13.246082 < neighbor 10.99.0.2 receive update start
 13.246082 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 13.246082 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF002702 body 0x00000010900F000C00020140FD10000000000000
 13.246082 < neighbor 10.99.0.2 receive update end
 13.246082 < 
 14.448610 < neighbor 10.99.0.2 receive update start
 14.448610 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 14.448610 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 14.448610 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 14.448610 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF004102 body 0x0000002A900F002600020180FD20000000000000000000000000000140FD2000000001000040FD20000000020000
 14.448610 < neighbor 10.99.0.2 receive update end
 14.448610 < 
 15.653472 < neighbor 10.99.0.2 receive update start
 15.653472 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.653472 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.653472 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.653472 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF006F02 body 0x0000004B4001010040020A02020000FDEA0000FDE74003040A63000280040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002180A1400180A1401200A140201
 15.653472 < neighbor 10.99.0.2 receive update end
 15.653472 < 
 15.658646 < neighbor 10.99.0.2 receive update start
 15.658646 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.658646 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.658646 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 15.658646 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF009702 body 0x00000080900E003800020110FD9900000000000000000000000000020040FD2000000001000040FD2000000002000080FD2000000000000000000000000000014001010040020A02020000FDEA0000FDE780040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002
 15.658646 < neighbor 10.99.0.2 receive update end
 15.658646 < 
 16.863096 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 16.864935 < done
 17.319474 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 17.320974 < done
 17.725592 > announce route fd50::/64 next-hop fd99::1
 17.726829 < done
 18.131818 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 18.132977 < done
 18.590008 > withdraw route 10.50.0.0/24
 18.591674 < done
 19.046535 > withdraw route fd50::/64
 19.047667 < done
 19.455247 > announce route 10.50.7.0/24 next-hop self med 7
 19.456508 < done
 21.865781 > announce route 10.50.8.0/24 next-hop self med 8
 21.867102 < done
 22.278641 < neighbor 10.99.0.2 receive notification code 6 subcode 2 data 0x header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001503 body 0x0602
 22.278641 < 
 22.278847 < neighbor 10.99.0.2 down - notification received (6,2)
 22.278847 < 
 22.290178 < neighbor 10.99.0.2 connected
 22.290178 < 
 22.290817 < neighbor 10.99.0.2 down - closing connection
 22.290817 < 
 23.309821 < neighbor 10.99.0.2 connected
 23.309821 < 
 23.310182 < neighbor 10.99.0.2 down - closing connection
 23.310182 < 
 25.325924 < neighbor 10.99.0.2 connected
 25.325924 < 
 25.326650 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71] header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003B01 body 0x04FDE800090A6300021E021C01040001000101040002000102004002007841040000FDE846004700
 25.326650 < 
 25.327166 < neighbor 10.99.0.2 up
 25.327166 < 
 25.375668 < neighbor 10.99.0.2 receive update start
 25.375668 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.375668 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.375668 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.375668 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF006F02 body 0x0000004B4001010040020A02020000FDEA0000FDE74003040A63000280040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002200A140201180A1400180A1401
 25.375668 < neighbor 10.99.0.2 receive update end
 25.375668 < 
 25.423135 < neighbor 10.99.0.2 receive update start
 25.423135 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 25.423135 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001702 body 0x00000000
 25.423135 < neighbor 10.99.0.2 receive update end
 25.423135 < 
 25.423834 < neighbor 10.99.0.2 receive update start
 25.423834 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.423834 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.423834 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 25.423834 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF009702 body 0x00000080900E003800020110FD9900000000000000000000000000020080FD20000000000000000000000000000140FD2000000001000040FD200000000200004001010040020A02020000FDEA0000FDE780040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002
 25.423834 < neighbor 10.99.0.2 receive update end
 25.423834 < 
 25.424197 < neighbor 10.99.0.2 receive update start
 25.424197 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 25.424197 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02 body 0x00000006800F03000201
 25.424197 < neighbor 10.99.0.2 receive update end
 25.424197 < 
 27.335283 < neighbor 10.99.0.2 receive notification code 6 subcode 4 data 0x header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001503 body 0x0604
 27.335283 < 
 27.336145 < neighbor 10.99.0.2 down - notification received (6,4)
 27.336145 < 
 27.346909 < neighbor 10.99.0.2 connected
 27.346909 < 
 27.347507 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71] header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003B01 body 0x04FDE800090A6300021E021C01040001000101040002000102004002007841040000FDE846004700
 27.347507 < 
 27.347953 < neighbor 10.99.0.2 up
 27.347953 < 
 27.391332 < neighbor 10.99.0.2 receive update start
 27.391332 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.391332 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.391332 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.391332 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF006F02 body 0x0000004B4001010040020A02020000FDEA0000FDE74003040A63000280040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002200A140201180A1400180A1401
 27.391332 < neighbor 10.99.0.2 receive update end
 27.391332 < 
 27.435055 < neighbor 10.99.0.2 receive update start
 27.435055 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 27.435055 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001702 body 0x00000000
 27.435055 < neighbor 10.99.0.2 receive update end
 27.435055 < 
 27.435812 < neighbor 10.99.0.2 receive update start
 27.435812 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.435812 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.435812 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path ( 65002 64999 ) med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.435812 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF009702 body 0x00000080900E003800020110FD9900000000000000000000000000020080FD20000000000000000000000000000140FD2000000001000040FD200000000200004001010040020A02020000FDEA0000FDE780040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002
 27.435812 < neighbor 10.99.0.2 receive update end
 27.435812 < 
 27.436220 < neighbor 10.99.0.2 receive update start
 27.436220 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 27.436220 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02 body 0x00000006800F03000201
 27.436220 < neighbor 10.99.0.2 receive update end
 27.436220 < 
 29.363868 < neighbor 10.99.0.2 down - closing connection
 29.363868 < 
 29.376128 < neighbor 10.99.0.2 connected
 29.376128 < 
 29.376573 < neighbor 10.99.0.2 down - closing connection
 29.376573 < 
 30.402625 < neighbor 10.99.0.2 connected
 30.402625 < 
 30.403018 < neighbor 10.99.0.2 down - closing connection
 30.403018 < 
 32.368191 < shutdown 24753 21918
 32.368191 < 
