  0.005572 < neighbor 10.99.0.2 connected
  0.005572 < 
  0.006344 < neighbor 10.99.0.2 down - closing connection
  0.006344 < 
  0.027953 < neighbor 10.99.0.2 connected
  0.027953 < 
  0.028681 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
  0.028681 < 
  0.028942 < neighbor 10.99.0.2 connected
  0.028942 < 
  0.061373 < neighbor 10.99.0.2 down - closing connection
  0.061373 < 
  0.062011 < neighbor 10.99.0.2 connected
  0.062011 < 
  0.134485 < neighbor 10.99.0.2 up
  0.134485 < 
  0.134736 < neighbor 10.99.0.2 receive update start
  0.134736 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  0.134736 < neighbor 10.99.0.2 receive update end
  0.134736 < 
  0.186689 < neighbor 10.99.0.2 receive update start
  0.186689 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  0.186689 < neighbor 10.99.0.2 receive update end
  0.186689 < 
  1.650687 < neighbor 10.99.0.2 down - closing connection
  1.650687 < 
  1.692226 < neighbor 10.99.0.2 connected
  1.692226 < 
  1.692585 < neighbor 10.99.0.2 down - closing connection
  1.692585 < 
  1.830112 < neighbor 10.99.0.2 connected
  1.830112 < 
  1.902674 < neighbor 10.99.0.2 up
  1.902674 < 
  1.903046 < neighbor 10.99.0.2 receive update start
  1.903046 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  1.903046 < neighbor 10.99.0.2 receive update end
  1.903046 < 
  1.955433 < neighbor 10.99.0.2 receive update start
  1.955433 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  1.955433 < neighbor 10.99.0.2 receive update end
  1.955433 < 
  3.425867 < neighbor 10.99.0.2 down - closing connection
  3.425867 < 
  3.467564 < neighbor 10.99.0.2 connected
  3.467564 < 
  3.467951 < neighbor 10.99.0.2 down - closing connection
  3.467951 < 
  3.606129 < neighbor 10.99.0.2 connected
  3.606129 < 
  3.680085 < neighbor 10.99.0.2 up
  3.680085 < 
  3.680085 < neighbor 10.99.0.2 receive update start
  3.680085 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  3.680085 < neighbor 10.99.0.2 receive update end
  3.680085 < 
  3.732021 < neighbor 10.99.0.2 receive update start
  3.732021 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  3.732021 < neighbor 10.99.0.2 receive update end
  3.732021 < 
  5.200756 < neighbor 10.99.0.2 down - closing connection
  5.200756 < 
  5.242843 < neighbor 10.99.0.2 connected
  5.242843 < 
  5.242843 < neighbor 10.99.0.2 down - closing connection
  5.242843 < 
  5.369902 < neighbor 10.99.0.2 connected
  5.369902 < 
  5.442783 < neighbor 10.99.0.2 up
  5.442783 < 
  5.443270 < neighbor 10.99.0.2 receive update start
  5.443270 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  5.443270 < neighbor 10.99.0.2 receive update end
  5.443270 < 
  5.495692 < neighbor 10.99.0.2 receive update start
  5.495692 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  5.495692 < neighbor 10.99.0.2 receive update end
  5.495692 < 
  5.506701 < neighbor 10.99.0.2 down - closing connection
  5.506701 < 
  5.538238 < neighbor 10.99.0.2 connected
  5.538238 < 
  5.538675 < neighbor 10.99.0.2 down - closing connection
  5.538675 < 
  5.749128 < neighbor 10.99.0.2 connected
  5.749128 < 
  5.822514 < neighbor 10.99.0.2 up
  5.822514 < 
  5.822514 < neighbor 10.99.0.2 receive update start
  5.822514 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
  5.822514 < neighbor 10.99.0.2 receive update end
  5.822514 < 
  5.874623 < neighbor 10.99.0.2 receive update start
  5.874623 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
  5.874623 < neighbor 10.99.0.2 receive update end
  5.874623 < 
 12.550185 < neighbor 10.99.0.2 down - notification sent (4,0)
 12.550185 < 
 12.582233 < neighbor 10.99.0.2 connected
 12.582233 < 
 12.582928 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 12.582928 < 
 12.583294 < neighbor 10.99.0.2 connected
 12.583294 < 
 12.615811 < neighbor 10.99.0.2 down - closing connection
 12.615811 < 
 12.647365 < neighbor 10.99.0.2 connected
 12.647365 < 
 12.647998 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 12.647998 < 
 12.648207 < neighbor 10.99.0.2 connected
 12.648207 < 
 12.680093 < neighbor 10.99.0.2 down - closing connection
 12.680093 < 
 12.701902 < neighbor 10.99.0.2 connected
 12.701902 < 
 12.734145 < neighbor 10.99.0.2 down - closing connection
 12.734145 < 
 12.765537 < neighbor 10.99.0.2 connected
 12.765537 < 
 12.766264 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 12.766264 < 
 12.766544 < neighbor 10.99.0.2 connected
 12.766544 < 
 12.798261 < neighbor 10.99.0.2 down - closing connection
 12.798261 < 
 12.819986 < neighbor 10.99.0.2 connected
 12.819986 < 
 12.852128 < neighbor 10.99.0.2 down - closing connection
 12.852128 < 
 12.883538 < neighbor 10.99.0.2 connected
 12.883538 < 
 12.884131 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 12.884131 < 
 12.884331 < neighbor 10.99.0.2 connected
 12.884331 < 
 12.915967 < neighbor 10.99.0.2 down - closing connection
 12.915967 < 
 12.937914 < neighbor 10.99.0.2 connected
 12.937914 < 
 12.969559 < neighbor 10.99.0.2 down - closing connection
 12.969559 < 
 13.001087 < neighbor 10.99.0.2 connected
 13.001087 < 
 13.001636 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 13.001636 < 
 13.001832 < neighbor 10.99.0.2 connected
 13.001832 < 
 13.033374 < neighbor 10.99.0.2 down - closing connection
 13.033374 < 
 13.055519 < neighbor 10.99.0.2 connected
 13.055519 < 
 13.087219 < neighbor 10.99.0.2 down - closing connection
 13.087219 < 
 13.118766 < neighbor 10.99.0.2 connected
 13.118766 < 
 13.119536 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 13.119536 < 
 13.119819 < neighbor 10.99.0.2 connected
 13.119819 < 
 13.152756 < neighbor 10.99.0.2 down - closing connection
 13.152756 < 
 13.174818 < neighbor 10.99.0.2 connected
 13.174818 < 
 13.206673 < neighbor 10.99.0.2 down - closing connection
 13.206673 < 
 13.238411 < neighbor 10.99.0.2 connected
 13.238411 < 
 13.239766 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 13.239766 < 
 13.239766 < neighbor 10.99.0.2 connected
 13.239766 < 
 13.271271 < neighbor 10.99.0.2 down - closing connection
 13.271271 < 
 13.292837 < neighbor 10.99.0.2 connected
 13.292837 < 
 13.325011 < neighbor 10.99.0.2 down - closing connection
 13.325011 < 
 13.356739 < neighbor 10.99.0.2 connected
 13.356739 < 
 13.357473 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 13.357473 < 
 13.357745 < neighbor 10.99.0.2 connected
 13.357745 < 
 13.389915 < neighbor 10.99.0.2 down - closing connection
 13.389915 < 
 13.411572 < neighbor 10.99.0.2 connected
 13.411572 < 
 13.443774 < neighbor 10.99.0.2 down - closing connection
 13.443774 < 
 13.475370 < neighbor 10.99.0.2 connected
 13.475370 < 
 13.538712 < neighbor 10.99.0.2 up
 13.538712 < 
 13.580938 < neighbor 10.99.0.2 receive update start
 13.580938 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 13.580938 < neighbor 10.99.0.2 receive update end
 13.580938 < 
 13.591563 < neighbor 10.99.0.2 receive update start
 13.591563 < neighbor 10.99.0.2 receive update route eor 2/1 (ipv6 unicast)
 13.591563 < neighbor 10.99.0.2 receive update end
 13.591563 < 
 18.554246 < neighbor 10.99.0.2 down - notification sent (4,0)
 18.554246 < 
 18.586157 < neighbor 10.99.0.2 connected
 18.586157 < 
 18.618608 < neighbor 10.99.0.2 down - closing connection
 18.618608 < 
 18.651027 < neighbor 10.99.0.2 connected
 18.651027 < 
 18.651027 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 18.651027 < 
 18.651027 < neighbor 10.99.0.2 connected
 18.651027 < 
 18.682836 < neighbor 10.99.0.2 down - closing connection
 18.682836 < 
 18.704728 < neighbor 10.99.0.2 connected
 18.704728 < 
 18.737294 < neighbor 10.99.0.2 down - closing connection
 18.737294 < 
 18.768982 < neighbor 10.99.0.2 connected
 18.768982 < 
 18.769685 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 18.769685 < 
 18.769915 < neighbor 10.99.0.2 connected
 18.769915 < 
 18.801819 < neighbor 10.99.0.2 down - closing connection
 18.801819 < 
 18.823478 < neighbor 10.99.0.2 connected
 18.823478 < 
 18.855655 < neighbor 10.99.0.2 down - closing connection
 18.855655 < 
 18.887872 < neighbor 10.99.0.2 connected
 18.887872 < 
 18.887872 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 18.887872 < 
 18.887872 < neighbor 10.99.0.2 connected
 18.887872 < 
 18.919027 < neighbor 10.99.0.2 down - closing connection
 18.919027 < 
 18.950281 < neighbor 10.99.0.2 connected
 18.950281 < 
 18.950838 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 18.950838 < 
 18.951120 < neighbor 10.99.0.2 connected
 18.951120 < 
 18.982237 < neighbor 10.99.0.2 down - closing connection
 18.982237 < 
 19.003627 < neighbor 10.99.0.2 connected
 19.003627 < 
 19.035539 < neighbor 10.99.0.2 down - closing connection
 19.035539 < 
 19.066669 < neighbor 10.99.0.2 connected
 19.066669 < 
 19.067301 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 19.067301 < 
 19.067500 < neighbor 10.99.0.2 connected
 19.067500 < 
 19.099034 < neighbor 10.99.0.2 down - closing connection
 19.099034 < 
 19.120896 < neighbor 10.99.0.2 connected
 19.120896 < 
 19.152555 < neighbor 10.99.0.2 down - closing connection
 19.152555 < 
 19.184096 < neighbor 10.99.0.2 connected
 19.184096 < 
 19.184683 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 19.184683 < 
 19.184929 < neighbor 10.99.0.2 connected
 19.184929 < 
 19.216287 < neighbor 10.99.0.2 down - closing connection
 19.216287 < 
 19.237791 < neighbor 10.99.0.2 connected
 19.237791 < 
 19.269133 < neighbor 10.99.0.2 down - closing connection
 19.269133 < 
 19.300523 < neighbor 10.99.0.2 connected
 19.300523 < 
 19.301212 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 19.301212 < 
 19.301495 < neighbor 10.99.0.2 connected
 19.301495 < 
 19.332719 < neighbor 10.99.0.2 down - closing connection
 19.332719 < 
 19.353913 < neighbor 10.99.0.2 connected
 19.353913 < 
 19.385518 < neighbor 10.99.0.2 down - closing connection
 19.385518 < 
 19.416653 < neighbor 10.99.0.2 connected
 19.416653 < 
 19.417169 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 19.417169 < 
 19.417336 < neighbor 10.99.0.2 connected
 19.417336 < 
 19.448649 < neighbor 10.99.0.2 down - closing connection
 19.448649 < 
 19.470133 < neighbor 10.99.0.2 connected
 19.470133 < 
 19.501398 < neighbor 10.99.0.2 down - closing connection
 19.501398 < 
 19.532734 < neighbor 10.99.0.2 connected
 19.532734 < 
 19.533419 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 19.533419 < 
 19.533678 < neighbor 10.99.0.2 connected
 19.533678 < 
 19.555093 < neighbor 10.99.0.2 down - closing connection
 19.555093 < 
 19.586154 < neighbor 10.99.0.2 connected
 19.586154 < 
 19.586789 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 19.586789 < 
 19.587076 < neighbor 10.99.0.2 connected
 19.587076 < 
 19.618543 < neighbor 10.99.0.2 down - closing connection
 19.618543 < 
 19.650395 < neighbor 10.99.0.2 connected
 19.650395 < 
 19.650395 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 19.650395 < 
 19.650395 < neighbor 10.99.0.2 connected
 19.650395 < 
 19.681306 < neighbor 10.99.0.2 down - closing connection
 19.681306 < 
 19.702613 < neighbor 10.99.0.2 connected
 19.702613 < 
 19.735094 < neighbor 10.99.0.2 down - closing connection
 19.735094 < 
 19.766410 < neighbor 10.99.0.2 connected
 19.766410 < 
 19.767124 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 19.767124 < 
 19.767345 < neighbor 10.99.0.2 connected
 19.767345 < 
 19.798745 < neighbor 10.99.0.2 down - closing connection
 19.798745 < 
 19.820246 < neighbor 10.99.0.2 connected
 19.820246 < 
 19.852391 < neighbor 10.99.0.2 down - closing connection
 19.852391 < 
 19.884333 < neighbor 10.99.0.2 connected
 19.884333 < 
 19.884333 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 19.884333 < 
 19.884333 < neighbor 10.99.0.2 connected
 19.884333 < 
 19.915358 < neighbor 10.99.0.2 down - closing connection
 19.915358 < 
 19.936728 < neighbor 10.99.0.2 connected
 19.936728 < 
 19.968491 < neighbor 10.99.0.2 down - closing connection
 19.968491 < 
 19.999816 < neighbor 10.99.0.2 connected
 19.999816 < 
 20.000502 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 20.000502 < 
 20.000758 < neighbor 10.99.0.2 connected
 20.000758 < 
 20.032206 < neighbor 10.99.0.2 down - closing connection
 20.032206 < 
 20.053578 < neighbor 10.99.0.2 connected
 20.053578 < 
 20.085306 < neighbor 10.99.0.2 down - closing connection
 20.085306 < 
 20.117414 < neighbor 10.99.0.2 connected
 20.117414 < 
 20.117414 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 20.117414 < 
 20.117414 < neighbor 10.99.0.2 connected
 20.117414 < 
 20.148398 < neighbor 10.99.0.2 down - closing connection
 20.148398 < 
 20.179418 < neighbor 10.99.0.2 connected
 20.179418 < 
 20.179968 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 20.179968 < 
 20.180160 < neighbor 10.99.0.2 connected
 20.180160 < 
 20.211840 < neighbor 10.99.0.2 down - closing connection
 20.211840 < 
 20.233567 < neighbor 10.99.0.2 connected
 20.233567 < 
 20.266032 < neighbor 10.99.0.2 down - closing connection
 20.266032 < 
 20.297542 < neighbor 10.99.0.2 connected
 20.297542 < 
 20.298215 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 20.298215 < 
 20.298484 < neighbor 10.99.0.2 connected
 20.298484 < 
 20.330520 < neighbor 10.99.0.2 down - closing connection
 20.330520 < 
 20.352692 < neighbor 10.99.0.2 connected
 20.352692 < 
 20.385073 < neighbor 10.99.0.2 down - closing connection
 20.385073 < 
 20.417852 < neighbor 10.99.0.2 connected
 20.417852 < 
 20.417852 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 20.417852 < 
 20.417852 < neighbor 10.99.0.2 connected
 20.417852 < 
 20.449463 < neighbor 10.99.0.2 down - closing connection
 20.449463 < 
 20.471401 < neighbor 10.99.0.2 connected
 20.471401 < 
 20.503877 < neighbor 10.99.0.2 down - closing connection
 20.503877 < 
 20.536528 < neighbor 10.99.0.2 connected
 20.536528 < 
 20.536528 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 20.536528 < 
 20.536528 < neighbor 10.99.0.2 connected
 20.536528 < 
 20.557796 < neighbor 10.99.0.2 down - closing connection
 20.557796 < 
 20.579669 < neighbor 10.99.0.2 connected
 20.579669 < 
 20.612001 < neighbor 10.99.0.2 down - closing connection
 20.612001 < 
 20.645103 < neighbor 10.99.0.2 connected
 20.645103 < 
 20.645103 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 20.645103 < 
 20.645103 < neighbor 10.99.0.2 connected
 20.645103 < 
 20.676276 < neighbor 10.99.0.2 down - closing connection
 20.676276 < 
 20.697251 < neighbor 10.99.0.2 connected
 20.697251 < 
 20.729065 < neighbor 10.99.0.2 down - closing connection
 20.729065 < 
 20.760371 < neighbor 10.99.0.2 connected
 20.760371 < 
 20.771543 < neighbor 10.99.0.2 down - closing outgoing connection as we have another incoming on with higher router-id
 20.771543 < 
 20.771842 < neighbor 10.99.0.2 connected
 20.771842 < 
 20.803242 < neighbor 10.99.0.2 down - closing connection
 20.803242 < 
 20.814112 < neighbor 10.99.0.2 connected
 20.814112 < 
 20.886799 < neighbor 10.99.0.2 up
 20.886799 < 
 20.939316 < neighbor 10.99.0.2 receive update start
 20.939316 < neighbor 10.99.0.2 receive update route eor 1/1 (ipv4 unicast)
 20.939316 < neighbor 10.99.0.2 receive update end
 20.939316 < 
 24.552327 < neighbor 10.99.0.2 down - notification sent (4,0)
 24.552327 < 
