  2.177175 > daemon shutdown
  2.179618 < {"status": "shutdown in progress"}
  2.179709 < done
