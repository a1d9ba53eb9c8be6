  0.007827 < neighbor 10.99.0.2 connected
  0.007827 < 
  0.008466 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.008466 < 
  0.053534 < neighbor 10.99.0.2 connected
  0.053534 < 
  0.053986 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  0.053986 < 
  1.091800 < neighbor 10.99.0.2 connected
  1.091800 < 
  1.092133 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
  1.092133 < 
  2.110193 < neighbor 10.99.0.2 connected
  2.110193 < 
  2.121631 < neighbor 10.99.0.2 up
  2.121631 < 
  2.121842 < neighbor 10.99.0.2 send update start
  2.121842 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
  2.121842 < neighbor 10.99.0.2 send update end
  2.121842 < 
  2.121956 < neighbor 10.99.0.2 send update start
  2.121956 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
  2.121956 < neighbor 10.99.0.2 send update end
  2.121956 < 
  4.405869 < neighbor 10.99.0.2 receive update start
  4.405869 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  4.405869 < neighbor 10.99.0.2 receive update end
  4.405869 < 
  4.449693 < neighbor 10.99.0.2 receive update start
  4.449693 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  4.449693 < neighbor 10.99.0.2 receive update end
  4.449693 < 
  5.132042 < neighbor 10.99.0.2 receive update start
  5.132042 < neighbor 10.99.0.2 receive update announced 10.10.0.0/24 next-hop 10.99.0.2 origin igp local-preference 100
  5.132042 < neighbor 10.99.0.2 receive update end
  5.132042 < 
  6.339119 < neighbor 10.99.0.2 receive update start
  6.339119 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.339119 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.339119 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  6.339119 < neighbor 10.99.0.2 receive update end
  6.339119 < 
  7.544678 < neighbor 10.99.0.2 receive update start
  7.544678 < neighbor 10.99.0.2 receive update announced fd10::/64 next-hop fd99::2 origin igp local-preference 100
  7.544678 < neighbor 10.99.0.2 receive update end
  7.544678 < 
  8.751113 < neighbor 10.99.0.2 receive update start
  8.751113 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.751113 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.751113 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
  8.751113 < neighbor 10.99.0.2 receive update end
  8.751113 < 
  9.960105 < neighbor 10.99.0.2 receive update start
  9.960105 < neighbor 10.99.0.2 receive update withdrawn 10.10.0.0/24
  9.960105 < neighbor 10.99.0.2 receive update end
  9.960105 < 
 11.169327 < neighbor 10.99.0.2 receive update start
 11.169327 < neighbor 10.99.0.2 receive update withdrawn 10.20.2.1/32
 11.169327 < neighbor 10.99.0.2 receive update withdrawn 10.20.0.0/24
 11.169327 < neighbor 10.99.0.2 receive update withdrawn 10.20.1.0/24
 11.169327 < neighbor 10.99.0.2 receive update end
 11.169327 < 
 12.375646 < neighbor 10.99.0.2 receive update start
 12.375646 < neighbor 10.99.0.2 receive update withdrawn fd10::/64
 12.375646 < neighbor 10.99.0.2 receive update end
 12.375646 < 
 13.581887 < neighbor 10.99.0.2 receive update start
 13.581887 < neighbor 10.99.0.2 receive update withdrawn fd20::1/128
 13.581887 < neighbor 10.99.0.2 receive update withdrawn fd20:0:1::/64
 13.581887 < neighbor 10.99.0.2 receive update withdrawn fd20:0:2::/64
 13.581887 < neighbor 10.99.0.2 receive update end
 13.581887 < 
 14.788455 < neighbor 10.99.0.2 receive update start
 14.788455 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.788455 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.788455 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.788455 < neighbor 10.99.0.2 receive update end
 14.788455 < 
 14.791880 < neighbor 10.99.0.2 receive update start
 14.791880 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.791880 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.791880 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 14.791880 < neighbor 10.99.0.2 receive update end
 14.791880 < 
 15.992155 > announce route 10.50.0.0/24 next-hop self med 10 local-preference 200 community [65000:1 65000:2] as-path [65010 65011]
 15.993597 < done
 15.993896 < neighbor 10.99.0.2 send update start
 15.993896 < neighbor 10.99.0.2 send update announced 10.50.0.0/24 next-hop 10.99.0.1 origin igp as-path [ 65010 65011 ] med 10 local-preference 200 community [ 65000:1 65000:2 ]
 15.993896 < neighbor 10.99.0.2 send update end
 15.993896 < 
 16.446201 > announce route 10.50.1.0/24 next-hop 10.99.0.1
 16.447403 < done
 16.447688 < neighbor 10.99.0.2 send update start
 16.447688 < neighbor 10.99.0.2 send update announced 10.50.1.0/24 next-hop 10.99.0.1 origin igp local-preference 100
 16.447688 < neighbor 10.99.0.2 send update end
 16.447688 < 
 16.900449 > announce route fd50::/64 next-hop fd99::1
 16.902141 < done
 16.902141 < neighbor 10.99.0.2 send update start
 16.902141 < neighbor 10.99.0.2 send update announced fd50::/64 next-hop fd99::1 origin igp local-preference 100
 16.902141 < neighbor 10.99.0.2 send update end
 16.902141 < 
 17.355424 > withdraw route 10.50.1.0/24 next-hop 10.99.0.1
 17.356692 < done
 17.356692 < neighbor 10.99.0.2 send update start
 17.356692 < neighbor 10.99.0.2 send update withdrawn 10.50.1.0/24
 17.356692 < neighbor 10.99.0.2 send update end
 17.356692 < 
 17.811052 > withdraw route 10.50.0.0/24
 17.812733 < done
 17.812733 < neighbor 10.99.0.2 send update start
 17.812733 < neighbor 10.99.0.2 send update withdrawn 10.50.0.0/24
 17.812733 < neighbor 10.99.0.2 send update end
 17.812733 < 
 18.266775 > withdraw route fd50::/64
 18.267961 < done
 18.268456 < neighbor 10.99.0.2 send update start
 18.268456 < neighbor 10.99.0.2 send update withdrawn fd50::/64
 18.268456 < neighbor 10.99.0.2 send update end
 18.268456 < 
 18.721540 > announce route 10.50.7.0/24 next-hop self med 7
 18.722758 < done
 18.723123 < neighbor 10.99.0.2 send update start
 18.723123 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 18.723123 < neighbor 10.99.0.2 send update end
 18.723123 < 
 19.136624 < neighbor 10.99.0.2 down - peer reset, message [] error[]
 19.136624 < 
 19.147476 < neighbor 10.99.0.2 connected
 19.147476 < 
 19.148291 < neighbor 10.99.0.2 up
 19.148291 < 
 19.148492 < neighbor 10.99.0.2 send update start
 19.148492 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 19.148492 < neighbor 10.99.0.2 send update end
 19.148492 < 
 19.158899 < neighbor 10.99.0.2 send update start
 19.158899 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 19.158899 < neighbor 10.99.0.2 send update end
 19.158899 < 
 19.158988 < neighbor 10.99.0.2 send update start
 19.158988 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 19.158988 < neighbor 10.99.0.2 send update end
 19.158988 < 
 19.190019 < neighbor 10.99.0.2 receive update start
 19.190019 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.190019 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.190019 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.190019 < neighbor 10.99.0.2 receive update end
 19.190019 < 
 19.233759 < neighbor 10.99.0.2 receive update start
 19.233759 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 19.233759 < neighbor 10.99.0.2 receive update end
 19.233759 < 
 19.234569 < neighbor 10.99.0.2 receive update start
 19.234569 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.234569 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.234569 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 19.234569 < neighbor 10.99.0.2 receive update end
 19.234569 < 
 19.234911 < neighbor 10.99.0.2 receive update start
 19.234911 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 19.234911 < neighbor 10.99.0.2 receive update end
 19.234911 < 
 21.135981 > announce route 10.50.8.0/24 next-hop self med 8
 21.137308 < done
 21.137758 < neighbor 10.99.0.2 send update start
 21.137758 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 21.137758 < neighbor 10.99.0.2 send update end
 21.137758 < 
 21.599267 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,2)] error[Cease / Administrative Shutdown]
 21.599267 < 
 22.619288 < neighbor 10.99.0.2 connected
 22.619288 < 
 22.619590 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 22.619590 < 
 24.638555 < neighbor 10.99.0.2 connected
 24.638555 < 
 24.640161 < neighbor 10.99.0.2 up
 24.640161 < 
 24.640161 < neighbor 10.99.0.2 send update start
 24.640161 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 24.640161 < neighbor 10.99.0.2 send update end
 24.640161 < 
 24.640161 < neighbor 10.99.0.2 send update start
 24.640161 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 24.640161 < neighbor 10.99.0.2 send update end
 24.640161 < 
 24.650567 < neighbor 10.99.0.2 send update start
 24.650567 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 24.650567 < neighbor 10.99.0.2 send update end
 24.650567 < 
 24.650810 < neighbor 10.99.0.2 send update start
 24.650810 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 24.650810 < neighbor 10.99.0.2 send update end
 24.650810 < 
 24.681996 < neighbor 10.99.0.2 receive update start
 24.681996 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.681996 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.681996 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.681996 < neighbor 10.99.0.2 receive update end
 24.681996 < 
 24.725622 < neighbor 10.99.0.2 receive update start
 24.725622 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 24.725622 < neighbor 10.99.0.2 receive update end
 24.725622 < 
 24.726279 < neighbor 10.99.0.2 receive update start
 24.726279 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.726279 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.726279 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 24.726279 < neighbor 10.99.0.2 receive update end
 24.726279 < 
 24.726608 < neighbor 10.99.0.2 receive update start
 24.726608 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 24.726608 < neighbor 10.99.0.2 receive update end
 24.726608 < 
 26.653696 < neighbor 10.99.0.2 down - peer reset, message [notification received (6,4)] error[Cease / Administrative Reset]
 26.653696 < 
 27.444536 < neighbor 10.99.0.2 connected
 27.444536 < 
 27.445428 < neighbor 10.99.0.2 up
 27.445428 < 
 27.445735 < neighbor 10.99.0.2 send update start
 27.445735 < neighbor 10.99.0.2 send update announced 10.50.7.0/24 next-hop 10.99.0.1 origin igp med 7 local-preference 100
 27.445735 < neighbor 10.99.0.2 send update end
 27.445735 < 
 27.445875 < neighbor 10.99.0.2 send update start
 27.445875 < neighbor 10.99.0.2 send update announced 10.50.8.0/24 next-hop 10.99.0.1 origin igp med 8 local-preference 100
 27.445875 < neighbor 10.99.0.2 send update end
 27.445875 < 
 27.446156 < neighbor 10.99.0.2 receive update start
 27.446156 < neighbor 10.99.0.2 receive update announced 10.20.2.1/32 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.446156 < neighbor 10.99.0.2 receive update announced 10.20.0.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.446156 < neighbor 10.99.0.2 receive update announced 10.20.1.0/24 next-hop 10.99.0.2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.446156 < neighbor 10.99.0.2 receive update end
 27.446156 < 
 27.446336 < neighbor 10.99.0.2 send update start
 27.446336 < neighbor 10.99.0.2 send update route eor 1/1 (ipv4 unicast)
 27.446336 < neighbor 10.99.0.2 send update end
 27.446336 < 
 27.446427 < neighbor 10.99.0.2 send update start
 27.446427 < neighbor 10.99.0.2 send update route eor 2/1 (ipv6 unicast)
 27.446427 < neighbor 10.99.0.2 send update end
 27.446427 < 
 27.446605 < neighbor 10.99.0.2 receive update start
 27.446605 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 27.446605 < neighbor 10.99.0.2 receive update end
 27.446605 < 
 27.446891 < neighbor 10.99.0.2 receive update start
 27.446891 < neighbor 10.99.0.2 receive update announced fd20::1/128 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.446891 < neighbor 10.99.0.2 receive update announced fd20:0:1::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.446891 < neighbor 10.99.0.2 receive update announced fd20:0:2::/64 next-hop fd99::2 origin igp as-path [ 65002 64999 ] med 150 local-preference 250 community [ 65000:100 no-export ] extended-community target:65000:7 large-community 65000:1:2
 27.446891 < neighbor 10.99.0.2 receive update end
 27.446891 < 
 27.447064 < neighbor 10.99.0.2 receive update start
 27.447064 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 27.447064 < neighbor 10.99.0.2 receive update end
 27.447064 < 
 29.458671 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[the TCP connection was closed by the remote end]
 29.458671 < 
 29.469483 < neighbor 10.99.0.2 connected
 29.469483 < 
 29.469702 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 29.469702 < 
 30.485357 < neighbor 10.99.0.2 connected
 30.485357 < 
 30.485357 < neighbor 10.99.0.2 down - peer reset, message [closing connection] error[Broken TCP connection]
 30.485357 < 
 32.460890 < shutdown 14273 14232
 32.460890 < 
