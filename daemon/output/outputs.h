#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "output/output.h"

namespace hvfbd {

// An output for each display, in the order of their numbers, and what they have in common. At least one; they
// neither come nor go.
class Outputs {
  public:
    virtual ~Outputs() = default;
    // Owned by this.
    virtual std::vector<Output*> all() = 0;
};

// Outputs that have nothing in common.
class SeparateOutputs : public Outputs {
  public:
    void add(std::unique_ptr<Output> output) { outputs_.push_back(std::move(output)); }
    std::vector<Output*> all() override {
        std::vector<Output*> all;
        for (const auto& output : outputs_) all.push_back(output.get());
        return all;
    }

  private:
    std::vector<std::unique_ptr<Output>> outputs_;
};

}  // namespace hvfbd
