  0.007593 < neighbor 10.99.0.2 connected
  0.007593 < 
  0.007593 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.007593 < 
  0.030954 < neighbor 10.99.0.2 connected
  0.030954 < 
  0.031277 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.031277 < 
  1.065013 < neighbor 10.99.0.2 connected
  1.065013 < 
  1.065739 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71] header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003B01 body 0x04FDE800090A6300021E021C01040001000101040002000102004002007841040000FDE846004700
  1.065739 < 
  1.071740 < neighbor 10.99.0.2 up
  1.071740 < 
  1.072214 < neighbor 10.99.0.2 receive update start
  1.072214 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  1.072214 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001702 body 0x00000000
  1.072214 < neighbor 10.99.0.2 receive update end
  1.072214 < 
  1.072490 < neighbor 10.99.0.2 receive update start
  1.072490 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  1.072490 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02 body 0x00000006800F03000201
  1.072490 < neighbor 10.99.0.2 receive update end
  1.072490 < 
  4.100494 < neighbor 10.99.0.2 receive update start
  4.100494 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 next-hop 10.99.0.2 origin igp local-preference 100
  4.100494 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003002 body 0x00000015400101004002004003040A63000240050400000064180A0A00
  4.100494 < neighbor 10.99.0.2 receive update end
  4.100494 < 
  5.311814 < neighbor 10.99.0.2 receive update start
  5.311814 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  5.311814 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  5.311814 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  5.311814 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF006F02 body 0x0000004B4001010040020A02020000FDEA0000FDE74003040A63000280040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002180A1400180A1401200A140201
  5.311814 < neighbor 10.99.0.2 receive update end
  5.311814 < 
  6.515812 < neighbor 10.99.0.2 receive update start
  6.515812 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  6.515812 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF004702 body 0x00000030900E001E00020110FD9900000000000000000000000000020040FD100000000000004001010040020040050400000064
  6.515812 < neighbor 10.99.0.2 receive update end
  6.515812 < 
  7.721072 < neighbor 10.99.0.2 receive update start
  7.721072 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.721072 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.721072 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  7.721072 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF009702 body 0x00000080900E003800020110FD9900000000000000000000000000020040FD2000000001000040FD2000000002000080FD2000000000000000000000000000014001010040020A02020000FDEA0000FDE780040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002
  7.721072 < neighbor 10.99.0.2 receive update end
  7.721072 < 
  8.925722 < neighbor 10.99.0.2 receive update start
  8.925722 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24
  8.925722 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001B02 body 0x0004180A0A000000
  8.925722 < neighbor 10.99.0.2 receive update end
  8.925722 < 
 10.132884 < neighbor 10.99.0.2 receive update start
 10.132884 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32
 10.132884 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24
 10.132884 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24
 10.132884 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF002402 body 0x000D200A140201180A1400180A14010000
 10.132884 < neighbor 10.99.0.2 receive update end
 10.132884 < 
 11.340710 < neighbor 10.99.0.2 receive update start
 11.340710 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 11.340710 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF002702 body 0x00000010900F000C00020140FD10000000000000
 11.340710 < neighbor 10.99.0.2 receive update end
 11.340710 < 
 12.548932 < neighbor 10.99.0.2 receive update start
 12.548932 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 12.548932 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 12.548932 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 12.548932 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF004102 body 0x0000002A900F002600020180FD20000000000000000000000000000140FD2000000001000040FD20000000020000
 12.548932 < neighbor 10.99.0.2 receive update end
 12.548932 < 
 13.757154 < neighbor 10.99.0.2 receive update start
 13.757154 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.757154 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.757154 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.757154 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF006F02 body 0x0000004B4001010040020A02020000FDEA0000FDE74003040A63000280040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002180A1400180A1401200A140201
 13.757154 < neighbor 10.99.0.2 receive update end
 13.757154 < 
 13.759336 < neighbor 10.99.0.2 receive update start
 13.759336 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.759336 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.759336 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 13.759336 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF009702 body 0x00000080900E003800020110FD9900000000000000000000000000020040FD2000000001000040FD2000000002000080FD2000000000000000000000000000014001010040020A02020000FDEA0000FDE780040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002
 13.759336 < neighbor 10.99.0.2 receive update end
 13.759336 < 
 14.959617 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 14.960913 < done
 15.413264 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 15.419437 < done
 15.873168 > announce route fd50::/64 next-hop fd99::1
 15.874042 < done
 16.278980 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 16.279871 < done
 16.733695 > withdraw route 10.50.0.0/24
 16.734656 < done
 17.193479 > withdraw route fd50::/64
 17.195958 < done
 17.651618 > announce route 10.50.7.0/24 next-hop self med 7
 17.652694 < done
 18.062785 < neighbor 10.99.0.2 down - peer reset, message [] error[]
 18.062785 < 
 18.964715 < neighbor 10.99.0.2 connected
 18.964715 < 
 18.967235 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71] header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003B01 body 0x04FDE800090A6300021E021C01040001000101040002000102004002007841040000FDE846004700
 18.967235 < 
 18.967235 < neighbor 10.99.0.2 up
 18.967235 < 
 18.977112 < neighbor 10.99.0.2 receive update start
 18.977112 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 18.977112 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 18.977112 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 18.977112 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF006F02 body 0x0000004B4001010040020A02020000FDEA0000FDE74003040A63000280040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002200A140201180A1400180A1401
 18.977112 < neighbor 10.99.0.2 receive update end
 18.977112 < 
 18.978371 < neighbor 10.99.0.2 receive update start
 18.978371 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 18.978371 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001702 body 0x00000000
 18.978371 < neighbor 10.99.0.2 receive update end
 18.978371 < 
 18.978993 < neighbor 10.99.0.2 receive update start
 18.978993 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 18.978993 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 18.978993 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 18.978993 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF009702 body 0x00000080900E003800020110FD9900000000000000000000000000020080FD20000000000000000000000000000140FD2000000001000040FD200000000200004001010040020A02020000FDEA0000FDE780040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002
 18.978993 < neighbor 10.99.0.2 receive update end
 18.978993 < 
 18.983596 < neighbor 10.99.0.2 receive update start
 18.983596 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 18.983596 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02 body 0x00000006800F03000201
 18.983596 < neighbor 10.99.0.2 receive update end
 18.983596 < 
 20.061763 > announce route 10.50.8.0/24 next-hop self med 8
 20.067298 < done
 20.519222 < neighbor 10.99.0.2 receive notification code 6 subcode 2 data 0x header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001503 body 0x0602
 20.519222 < 
 20.519222 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,2)] error[Cease / Administrative Shutdown]
 20.519222 < 
 20.528807 < neighbor 10.99.0.2 connected
 20.528807 < 
 20.528976 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 20.528976 < 
 21.548999 < neighbor 10.99.0.2 connected
 21.548999 < 
 21.550579 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 21.550579 < 
 23.563391 < neighbor 10.99.0.2 connected
 23.563391 < 
 23.563820 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71] header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003B01 body 0x04FDE800090A6300021E021C01040001000101040002000102004002007841040000FDE846004700
 23.563820 < 
 23.564233 < neighbor 10.99.0.2 up
 23.564233 < 
 23.607993 < neighbor 10.99.0.2 receive update start
 23.607993 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 23.607993 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 23.607993 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 23.607993 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF006F02 body 0x0000004B4001010040020A02020000FDEA0000FDE74003040A63000280040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002200A140201180A1400180A1401
 23.607993 < neighbor 10.99.0.2 receive update end
 23.607993 < 
 23.651535 < neighbor 10.99.0.2 receive update start
 23.651535 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 23.651535 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001702 body 0x00000000
 23.651535 < neighbor 10.99.0.2 receive update end
 23.651535 < 
 23.652081 < neighbor 10.99.0.2 receive update start
 23.652081 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 23.652081 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 23.652081 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 23.652081 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF009702 body 0x00000080900E003800020110FD9900000000000000000000000000020080FD20000000000000000000000000000140FD2000000001000040FD200000000200004001010040020A02020000FDEA0000FDE780040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002
 23.652081 < neighbor 10.99.0.2 receive update end
 23.652081 < 
 23.652354 < neighbor 10.99.0.2 receive update start
 23.652354 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 23.652354 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02 body 0x00000006800F03000201
 23.652354 < neighbor 10.99.0.2 receive update end
 23.652354 < 
 25.573485 < neighbor 10.99.0.2 receive notification code 6 subcode 4 data 0x header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001503 body 0x0604
 25.573485 < 
 25.573485 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,4)] error[Cease / Administrative Reset]
 25.573485 < 
 26.395223 < neighbor 10.99.0.2 connected
 26.395223 < 
 26.395223 < neighbor 10.99.0.2 receive open version 4 asn 65000 hold_time 9 router_id 10.99.0.2 capabilities [multiprotocol(ipv4 unicast,ipv6 unicast), route refresh, graceful restart flags 0x0 time 120 , asn4(65000), enhanced route refresh, unassigned 71] header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF003B01 body 0x04FDE800090A6300021E021C01040001000101040002000102004002007841040000FDE846004700
 26.395223 < 
 26.399139 < neighbor 10.99.0.2 up
 26.399139 < 
 26.399908 < neighbor 10.99.0.2 receive update start
 26.399908 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 26.399908 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 26.399908 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 26.399908 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF006F02 body 0x0000004B4001010040020A02020000FDEA0000FDE74003040A63000280040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002200A140201180A1400180A1401
 26.399908 < neighbor 10.99.0.2 receive update end
 26.399908 < 
 26.400576 < neighbor 10.99.0.2 receive update start
 26.400576 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 26.400576 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001702 body 0x00000000
 26.400576 < neighbor 10.99.0.2 receive update end
 26.400576 < 
 26.400932 < neighbor 10.99.0.2 receive update start
 26.400932 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 26.400932 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 26.400932 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 26.400932 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF009702 body 0x00000080900E003800020110FD9900000000000000000000000000020080FD20000000000000000000000000000140FD2000000001000040FD200000000200004001010040020A02020000FDEA0000FDE780040400000096400504000000FAC00808FDE80064FFFFFF01C010080002FDE800000007C0200C0000FDE80000000100000002
 26.400932 < neighbor 10.99.0.2 receive update end
 26.400932 < 
 26.401264 < neighbor 10.99.0.2 receive update start
 26.401264 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 26.401264 <  header 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02 body 0x00000006800F03000201
 26.401264 < neighbor 10.99.0.2 receive update end
 26.401264 < 
 28.420242 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[the TCP connection was closed by the remote end]
 28.420242 < 
 28.431702 < neighbor 10.99.0.2 connected
 28.431702 < 
 28.431853 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 28.431853 < 
 29.450057 < neighbor 10.99.0.2 connected
 29.450057 < 
 29.450207 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 29.450207 < 
 31.426950 < shutdown 23157 21918
 31.426950 < 
