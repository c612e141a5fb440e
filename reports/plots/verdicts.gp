# SPDX-License-Identifier: MIT
# verdicts.gp - one bar of $pieces: share, colour, "name"; below it what they are, in the same order.
height = 118
eval canvas
unset border; unset tics; unset grid
set margins 0,0,0,0
set xrange [0:1]
set yrange [0:1]
at = 0
do for [i=1:|$pieces|] {
  share = word($pieces[i], 1) + 0
  eval 'shade = '.word($pieces[i], 2)
  x = i % 2 ? 0.02 : 0.54; y = i < 3 ? 0.4 : 0.16
  if (share > 0) { set object rectangle from at, 0.62 to at + share, 0.96 fc rgb shade fs solid 1 border lc rgb paper }
  at = at + share
  set object rectangle from x, y - 0.06 to x + 0.032, y + 0.06 fc rgb shade fs solid 1 noborder
  set label word($pieces[i], 3) at x + 0.05, y
}
plot NaN
