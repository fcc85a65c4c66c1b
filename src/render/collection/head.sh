#!/bin/sh
# Collects a snapshot of one AWS account for gateproof, with read-only calls.
#
#   sh collect.sh SNAPSHOT [REGION]...
#
# Run it once with credentials of each account, into the same SNAPSHOT, the organization's management account among
# them; without regions, all that are enabled. What a call prints is kept unchanged in a file named after it; a call that
# fails becomes an entry of SNAPSHOT/errors.json. Outputs may hold secrets (variables of functions and projects): only the
# owner can read the files.
set -u
umask 077
snapshot=${1:?usage: sh collect.sh SNAPSHOT [REGION]...}
shift
# No pager, and everything on one page.
export AWS_PAGER=
caller=$(aws sts get-caller-identity --query '[Account, Arn]' --output text) || exit 1
account=$(printf '%s' "$caller" | cut -f 1)
partition=$(printf '%s' "$caller" | cut -f 2 | cut -d : -f 2)
if [ "$#" -gt 0 ]; then
  regions=$*
else
  regions=$(aws ec2 describe-regions --query 'Regions[].RegionName' --output text) || exit 1
fi
# The region that calls without a region are made in.
home=${regions%%[[:space:]]*}
mkdir -p "$snapshot" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# An earlier run's errors of this account are forgotten; hidden files are no part of a snapshot.
errors=$snapshot/.errors
touch "$errors"
sed "/\"account\": \"$account\"/d" "$errors" >"$work/errors" && cp "$work/errors" "$errors"

# A name as a file can have it.
encoded() {
  printf '%s' "$1" | sed -e 's/%/%25/g' -e 's/\//%2F/g' -e 's/:/%3A/g' -e 's/^\./%2E/'
}

# A text within JSON.
escaped() {
  printf '%s' "$1" | sed -e 's/[\\"]/\\&/g'
}

# The names that a listing prints at a place of its output, one a line; why it can't is shown.
names() {
  query=$1
  shift
  aws "$@" --query "$query" --output text </dev/null | tr '\t' '\n' | sed -e '/^$/d' -e '/^None$/d'
}

# One call: PLACE SERVICE OPERATION, what the file is named, what is asked about, and the arguments.
save() {
  place=$1 service=$2 operation=$3 file=$4 name=$5
  shift 5
  case $place in
    organization) folder=$snapshot/organization ;;
    *) folder=$snapshot/accounts/$account/$place/$service ;;
  esac
  if [ -n "$file" ]; then
    path=$folder/$operation/$(encoded "$file").json
  else
    path=$folder/$operation.json
  fi
  mkdir -p "${path%/*}"
  if aws "$service" "$operation" "$@" --output json </dev/null >"$work/output" 2>"$work/error" &&
    cp "$work/output" "$path"; then
    return
  fi
  rm -f "$path"
  error=$(sed -n 's/.*An error occurred (\([A-Za-z0-9._:]*\)).*/\1/p' "$work/error" | head -n 1)
  asked=null
  [ -z "$name" ] || asked="\"$(escaped "$name")\""
  printf '{"account": "%s", "region": "%s", "service": "%s", "operation": "%s", "name": %s, "error": "%s"}\n' \
    "$account" "$place" "$service" "$operation" "$asked" "${error:-Failed}" >>"$errors"
}
