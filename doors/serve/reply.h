// What a proxy is answered: who calls, or why not. gateway.md §8.1.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "doors/serve/identity.h"
#include "edge/net/exchange.h"
#include "portcullis/authorizer.h"

namespace portcullis::serve {

/// Where an answer is put together. One a loop, used again and again, so that nothing is allocated once it has grown.
class ReplySpace {
 public:
  ReplySpace();
  ReplySpace(const ReplySpace&) = delete;
  ReplySpace& operator=(const ReplySpace&) = delete;

 private:
  friend net::Reply reply_to(Decision&, std::span<const config::IdentityHeader>, ReplySpace&);
  friend net::Reply reply_to_stranger(ReplySpace&);
  IdentitySpace identity_;
  std::vector<ClientHeader> client_;
  std::vector<net::FieldView> fields_;
  std::string body_;
};

/// The identity headers of a decision: none where the request does not pass. Where the caller does not fit into one,
/// `decision` becomes too_large; or, where the request passes anyway, one about an anonymous caller.
/// @returns views into `decision` and `space`
std::span<const net::FieldView> fit_identity(Decision& decision, std::span<const config::IdentityHeader> identity,
                                             IdentitySpace& space);

/// The whole answer: 200 and every identity header, or the status of the reason, what the client must know of it, and a
/// body that says it in a sentence. The decision may change, as fit_identity() says, so log it afterwards.
/// @returns views into `decision` and `space`: send it before either changes
net::Reply reply_to(Decision& decision, std::span<const config::IdentityHeader> identity, ReplySpace& space);

/// The answer to a peer that is none of the proxies. Not which they are, nor how its own address looks from here: it
/// may come from outside, by a way that was never meant for it. The log has both.
/// @returns views into `space`
net::Reply reply_to_stranger(ReplySpace& space);

}  // namespace portcullis::serve
