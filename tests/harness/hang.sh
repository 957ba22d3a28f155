#!/bin/bash
# what: a test that hangs is stopped when the time is up
# kernels: uml-kasan
# timeout: 8
# must-fail: time is up
sleep infinity
