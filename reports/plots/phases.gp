# SPDX-License-Identifier: MIT
# phases.gp - bars whose segments are shares of a step. $rows: a number, "name", "the whole". $segments: row, from,
# to, which of $kinds (line type, letter, "name"), and whether it is a prediction, which is a thin bar below.
foot = 44; row = 25; top = 4
eval row_frame
left = 138; right = width - 66; height = bottom + foot
eval canvas
eval margins
do for [i=1:rows] {
  set label word($rows[i], 2) at screen across(left - 6), first i right
  set label word($rows[i], 3) at screen across(width - 2), first i right
}
type(kind) = word($kinds[kind], 1) + 0
set object 1 rectangle from screen 0, screen 0 to screen 0, screen 0
do for [k=1:|$kinds|] {
  x = 4 + 104 * ((k - 1) % 4); y = bottom + 6 + 20 * ((k - 1) / 4)
  set object k rectangle from screen across(x), screen up(y + 15) to screen across(x + 15), screen up(y) \
    fc rgb colour(type(k)) fs solid 1 noborder
  set label word($kinds[k], 2) at screen across(x + 7.5), screen up(y + 7.5) center font ':Bold' tc rgb paper
  set label word($kinds[k], 3) at screen across(x + 20), screen up(y + 7.5)
}
unset border; unset xtics; unset grid
set xrange [0:1]
set yrange [rows + 0.5:0.5]
gap = 0.8 / (right - left) # between segments
edge(to) = max(to - gap, 0)
plot for [k=1:|$kinds|] $segments using ($4 == k && $5 == 0 ? $2 : NaN):($1 - 0.35):2:(edge($3)) \
    :($1 - 0.35):($1 + 0.25) with boxxyerror lc rgb colour(type(k)), \
  for [k=1:|$kinds|] $segments using ($4 == k && $5 == 1 ? $2 : NaN):($1 + 0.3):2:(edge($3)) \
    :($1 + 0.3):($1 + 0.44) with boxxyerror lc rgb colour(type(k)), \
  $segments using ($5 == 0 && ($3 - $2) * (right - left) >= 13 ? ($2 + $3) / 2 : NaN):($1 - 0.05) \
    :(word($kinds[int($4)], 2)) with labels font ':Bold' tc rgb paper
