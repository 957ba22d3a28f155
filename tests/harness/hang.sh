#!/bin/bash
# what: a test that hangs is stopped when the time is up
# kernels: uml-kasan
# timeout: 6
# must-fail: begun
# must-fail: time is up
echo "FAILED: begun"
sleep infinity
