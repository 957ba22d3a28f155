#!/bin/bash
# what: a process that a test leaves running fails it
# kernels: uml-kasan
# timeout: 60
# must-fail: LEFT BEHIND: process .*sleep 1000
sleep 1000 &
