# SPDX-License-Identifier: MIT
# predictions.gp - $points is predicted and measured seconds an epoch, and a line type of $keys; the line: as predicted.
eval key_frame
left = 63; right = width - 13; top = 10; height = 338 + foot; bottom = height - foot
eval canvas
eval margins
eval put_key
stats $points using (min($1, $2)) name 'LEAST' nooutput
stats $points using (max($1, $2)) name 'MOST' nooutput
low = LEAST_min / 1.3; high = MOST_max * 1.3
set logscale xy
set xrange [low:high]
set yrange [low:high]
places = 6
eval round_tics
eval 'set xtics ('.tics.')'
eval 'set ytics ('.tics.')'
set grid xtics ytics
set xlabel 'predicted seconds an epoch; line: as predicted' offset 0,0.4
set ylabel 'measured seconds an epoch' offset 1,0
plot x with lines lt 9 lw 1.2, \
  for [k=1:|$keys|] $points using ($3 == key_type(k) ? $1 : NaN):2 with points lt key_type(k) ps 0.9
