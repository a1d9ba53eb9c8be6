  0.000000 > show neighbor summary
  0.001000 < Peer            AS        up/down state       |     #sent     #recvd
  0.002000 < 10.9.0.3        64513     0:00:13 established           2          8
  0.003000 < 10.9.0.1        64512     0:00:13 established           2          4
  0.004000 < done
  0.005000 > show adj-rib in extensive
  0.006000 < neighbor 10.9.0.1 local-ip 10.9.0.2 local-as 64513 peer-as 64512 router-id 10.9.0.2 family-allowed in-open ipv4 unicast 198.51.100.0/24 next-hop 10.9.0.1 origin igp as-path [ 64512 ]
  0.007000 < neighbor 10.9.0.1 local-ip 10.9.0.2 local-as 64513 peer-as 64512 router-id 10.9.0.2 family-allowed in-open ipv4 unicast 198.51.101.0/24 next-hop 10.9.0.1 origin igp as-path [ 64512 ]
  0.008000 < neighbor 10.9.0.1 local-ip 10.9.0.2 local-as 64513 peer-as 64512 router-id 10.9.0.2 family-allowed in-open ipv6 unicast 2001:db8:1::/48 next-hop fd09::1 origin igp as-path [ 64512 ]
  0.009000 < neighbor 10.9.0.3 local-ip 10.9.0.2 local-as 64513 peer-as 64513 router-id 10.9.0.2 family-allowed in-open ipv4 unicast 192.0.2.53/32 next-hop 10.9.0.3 origin igp med 1000 local-preference 100
  0.010000 < neighbor 10.9.0.3 local-ip 10.9.0.2 local-as 64513 peer-as 64513 router-id 10.9.0.2 family-allowed in-open ipv4 unicast 192.0.2.54/32 next-hop 10.9.0.3 origin incomplete as-path [ 65001 65002 ] med 100 local-preference 70 atomic-aggregate aggregator ( 65001:10.0.0.1 ) community [ 65000:1 65535:0 ] originator-id 10.0.0.9 cluster-list [ 10.0.0.1 10.0.0.2 ] extended-community target:1:2 large-community 1:2:3
  0.011000 < neighbor 10.9.0.3 local-ip 10.9.0.2 local-as 64513 peer-as 64513 router-id 10.9.0.2 family-allowed in-open ipv6 unicast 2001:db8:53::53/128 next-hop fd09::3 origin igp med 100 local-preference 100
  0.012000 < done
  0.013000 > show neighbor summary
  0.014000 < Peer            AS        up/down state       |     #sent     #recvd
  0.015000 < 10.9.0.1        64512     0:00:16 established           2          4
  0.016000 < done
  0.017000 > show adj-rib in extensive
  0.018000 < neighbor 10.9.0.1 local-ip 10.9.0.2 local-as 64513 peer-as 64512 router-id 10.9.0.2 family-allowed in-open ipv4 unicast 198.51.100.0/24 next-hop 10.9.0.1 origin igp as-path [ 64512 ]
  0.019000 < neighbor 10.9.0.1 local-ip 10.9.0.2 local-as 64513 peer-as 64512 router-id 10.9.0.2 family-allowed in-open ipv4 unicast 198.51.101.0/24 next-hop 10.9.0.1 origin igp as-path [ 64512 ]
  0.020000 < neighbor 10.9.0.1 local-ip 10.9.0.2 local-as 64513 peer-as 64512 router-id 10.9.0.2 family-allowed in-open ipv6 unicast 2001:db8:1::/48 next-hop fd09::1 origin igp as-path [ 64512 ]
  0.021000 < neighbor 10.9.0.3 local-ip 10.9.0.2 local-as 64513 peer-as 64513 router-id 10.9.0.2 family-allowed in-open ipv4 unicast 192.0.2.53/32 next-hop 10.9.0.3 origin igp med 1000 local-preference 100
  0.022000 < neighbor 10.9.0.3 local-ip 10.9.0.2 local-as 64513 peer-as 64513 router-id 10.9.0.2 family-allowed in-open ipv4 unicast 192.0.2.54/32 next-hop 10.9.0.3 origin incomplete as-path [ 65001 65002 ] med 100 local-preference 70 atomic-aggregate aggregator ( 65001:10.0.0.1 ) community [ 65000:1 65535:0 ] originator-id 10.0.0.9 cluster-list [ 10.0.0.1 10.0.0.2 ] extended-community target:1:2 large-community 1:2:3
  0.023000 < neighbor 10.9.0.3 local-ip 10.9.0.2 local-as 64513 peer-as 64513 router-id 10.9.0.2 family-allowed in-open ipv6 unicast 2001:db8:53::53/128 next-hop fd09::3 origin igp med 100 local-preference 100
  0.024000 < done
