#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# agent_libraries.sh SUTURED: the daemon names the libraries that it needs when it sleeps, and no others. A function of
# libcurl that src/agent/program/late_curl.cc does not have would bring it and thirty more back in.
set -eu
wanted="libcrypto.so.3 libc.so.6 ld-linux-x86-64.so.2"
for library in $(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
  case " $wanted " in
    *" $library "*) ;;
    *) echo "sutured needs $library: is a function of libcurl missing in late_curl.cc?"; exit 1 ;;
  esac
done
