#!/bin/bash
# what: a test that fails is a failure
# kernels: uml-kasan
# timeout: 60
# must-fail: ^exit status 7$
exit 7
