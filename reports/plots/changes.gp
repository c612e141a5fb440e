# SPDX-License-Identifier: MIT
# changes.gp - floors over those before: $changes is a number, the ratio, its interval, and 1 if it was called slower,
# -1 faster. `cases` have an interval, of which so many are slower and faster.
$keys << EOD
1 "interval" none
EOD
left = 56; right = width - 14; top = 10; height = 300; bottom = 226
eval canvas
eval margins
low = 0.97; high = 1.03
if (cases > 0) {
  stats $changes using 3 name 'LEAST' nooutput
  stats $changes using 4 name 'MOST' nooutput
  low = min(low, LEAST_min); high = max(high, MOST_max)
}
pad = (high / low)**0.05; low = low / pad; high = high * pad
places = 6
eval round_tics
set logscale y
eval 'set ytics ('.tics.')'
set yrange [low:high]
set xrange [0:cases + 1]
set xlabel 'cases by their change' offset 0,0.4
set ylabel 'time over the time before' offset 1,0
set key at screen across(6), screen up(height - 4) left bottom Left reverse samplen 2 maxcols 2
plot 1 with lines lt 9 dt 1 lw 0.8 notitle, \
  $changes using 1:3:4 with filledcurves fc rgb faint fs transparent solid 0.5 noborder title 'interval', \
  $changes using 1:2 with lines lt 3 dt 1 lw 1.8 title 'cases with an interval', \
  $changes using ($5 > 0 ? $1 : NaN):2:3:4 with yerrorbars lc rgb limit dt 1 lw 1 pt 9 ps 0.7 \
    title slower ? 'slower' : '', \
  $changes using ($5 < 0 ? $1 : NaN):2:3:4 with yerrorbars lt 5 dt 1 lw 1 pt 11 ps 0.7 \
    title faster ? 'faster' : ''
