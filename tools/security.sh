#!/bin/bash
# Makes docs/security.md from tests/attacks.tsv and the results that the test runs left in out/reports, and fails where
# the file was not what they show. For the table alone, without the other tests:
#   CRUN_SHARP_TEST_ARGUMENTS='--filter-method *.Cve* --filter-method *.Ghsa* --filter-method *.Own_*' make unit check host-test uml-test security
set -euo pipefail
cd "$(dirname "$0")/.."
reports=out/reports

# The table is of all runs or of none: a test that needs root says nothing where root ran nothing.
for run in unit/CrunSharp.Oci.Tests native-gcc CrunSharp.Host.Tests.root CrunSharp.Host.Tests.crs-ids CrunSharp.Host.Tests.crs-one CrunSharp.Host.Tests.uml native-uml; do
	[ -e "$reports/$run.json" ] || [ -e "$reports/$run.txt" ] || {
		echo "docs/security.md was not compared: there are no results of $run"
		exit 0
	}
done

# Each test once, "name<tab>result": the worst of all runs counts, but for skips, as what ran anywhere was shown.
results() {
	{
		find $reports -name '*.json' -exec jq -r '.results.tests[] | "\(.status)\t\(.name)"' {} +
		awk -v OFS='\t' '{ print $1 == "ok" ? "passed" : tolower($1), $2 }' $reports/*.txt
	} | awk -F '\t' -v OFS='\t' '
		match($2, /(^|\.)(Cve[0-9]+_[0-9]+|Ghsa_[a-z0-9]+|Own_[A-Za-z]+)_[A-Za-z0-9_]+/) {
			name = substr($2, RSTART, RLENGTH)
			sub(/^\./, "", name)
			sub(/_(NewCalls|OldKernel)$/, "", name)
			if (!(name in worst) || $1 == "failed" || worst[name] == "skipped")
				if (worst[name] != "failed")
					worst[name] = $1
		}
		END { for (name in worst) print name, worst[name] }' | LC_ALL=C sort
}

results >$reports/attacks
awk -F '\t' '
	# CVE-2019-5736 is Cve2019_5736, GHSA-g54h is Ghsa_g54h.
	function in_names(id) {
		sub(/^CVE-/, "Cve", id)
		sub(/^GHSA-/, "Ghsa-", id)
		sub(/^OWN-/, "Own-", id)
		sub(/-/, "_", id)
		return id
	}
	function table(section, title) {
		print "\n## " title "\n\n| attack | what is tried | tests | result |\n|---|---|---|---|"
		for (row = 1; row <= rows; row++)
			if (section_of[row] == section && !reason[row])
				print "| " ids[row] " | " tried[row] " | " tests[row] " | " (result[row] == "" ? "**no test**" : result[row] == "passed" ? "passed" : "**" result[row] "**") " |"
	}
	/^#/ { next }
	NR == FNR {
		rows++
		section_of[rows] = $1; ids[rows] = $2; tried[rows] = $3; reason[rows] = $4
		gsub(/,/, ", ", ids[rows])
		count = split($2, each, ",")
		for (i = 1; i <= count; i++)
			row_of[in_names(each[i])] = rows
		next
	}
	{
		match($1, /^[A-Za-z0-9]+_[A-Za-z0-9]+/)
		id = substr($1, 1, RLENGTH)
		if (!(id in row_of)) {
			print "tests/attacks.tsv has no row for " $1 >"/dev/stderr"
			exit 1
		}
		row = row_of[id]
		tests[row] = tests[row] (tests[row] == "" ? "" : "<br>") "`" $1 "`"
		if (result[row] == "" || $2 == "failed" || result[row] == "passed")
			result[row] = $2
	}
	END {
		print "# Attacks and their tests\n"
		print "Made by `tools/security.sh` from `tests/attacks.tsv` and what `make test` left: runs as root, as a user with subordinate ids,"
		print "as a user without, and as root of a 6.1 kernel. \"passed\": each test ran in one of them at least, and failed in none."
		table("runtime", "The runtime")
		table("engine", "The engine")
		table("images", "Images, registries, archives")
		print "\n## What does not apply\n\n| attack | what is tried | why not |\n|---|---|---|"
		for (row = 1; row <= rows; row++)
			if (reason[row])
				print "| " ids[row] " | " tried[row] " | " reason[row] " |"
	}' tests/attacks.tsv $reports/attacks >$reports/security.md

if cmp -s $reports/security.md docs/security.md; then
	exit 0
fi
diff -u docs/security.md $reports/security.md || true
cp $reports/security.md docs/security.md
echo "docs/security.md was not what the tests show. Now it is: look at the difference above, and commit it."
exit 1
