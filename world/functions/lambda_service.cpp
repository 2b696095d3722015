#include "world/functions/lambda_service.h"

namespace portcullis::world {

Result<Done, std::string> LambdaService::add(FunctionSettings settings) {
  const std::string name = settings.name;
  auto made = LambdaFunction::create(loop_, std::move(settings));
  if (!made) return made.error();
  functions_[name] = *std::move(made);
  return Done{};
}

void LambdaService::invoke(const std::string& function, std::string event, Invoked done) {
  const auto found = functions_.find(function);
  if (found == functions_.end())
    return done({InvocationResult::Kind::refused, {}, "ResourceNotFoundException", "no such function", {}, {}});
  found->second->invoke(std::move(event), std::move(done));
}

}  // namespace portcullis::world
