  2.288095 > shutdown
  2.288618 < shutdown in progress
  2.288695 < done
  2.289328 < shutdown 2578 2216
  2.289328 < 
