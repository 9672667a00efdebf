-- Deletes every proposal and every move. The moves go first, they refer to the proposals.

DROP TABLE IF EXISTS proposal_moves;
DROP TABLE IF EXISTS rebalancing_proposals;
