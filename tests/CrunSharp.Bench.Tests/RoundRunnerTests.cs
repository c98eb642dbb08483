using CrunSharp.Bench;
using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.BenchTests;

public sealed class RoundRunnerTests
{
    private static readonly BenchProgram s_program = new(["true"], IsProbe: false);

    [Fact]
    public void Rounds_WithADelayInOneContestant_FindItInThatOneAndAsLongAsItIs()
    {
        FakeHost host = new(new() { ["a"] = 10, ["b"] = 10, ["c"] = 10 });
        Dictionary<string, double> before = Medians(Run(host, ["a", "b", "c"]));
        host.Delays["b"] = 4;
        Dictionary<string, double> after = Medians(Run(host, ["a", "b", "c"]));
        Assert.Equal(4, after["b"] - before["b"], tolerance: 0.4);
        Assert.Equal(0, after["a"] - before["a"], tolerance: 0.4);
        Assert.Equal(0, after["c"] - before["c"], tolerance: 0.4);
    }

    [Theory]
    [InlineData("a", "b", "c", "d")]
    [InlineData("d", "c", "b", "a")]
    [InlineData("c", "a", "d", "b")]
    public void Rounds_InAnyOrderOfContestants_GiveTheSameRanking(params string[] names)
    {
        // Each round finds the host slower than the one before, as a machine that warms up is: interleaving must hide it.
        FakeHost host = new(new() { ["a"] = 5, ["b"] = 5.6, ["c"] = 6.4, ["d"] = 7 }) { DriftPerStart = 0.01 };
        Assert.Equal(["a", "b", "c", "d"], Medians(Run(host, names)).OrderBy(static entry => entry.Value).Select(static entry => entry.Key));
    }

    [Fact]
    public void Rounds_OfASlowContestant_AreFewAndSpreadOverAllRounds()
    {
        FakeHost host = new(new() { ["fast"] = 5, ["slow"] = 3000 });
        List<Series> series = Run(host, ["fast", "slow"], new RoundPlan { Rounds = 40, SlowRounds = 4, Stable = 0 });
        Assert.Equal((40, 4), (series[0].Values.Count, series[1].Values.Count));
        Assert.Equal([0, 1, 2, 3], host.Starts.Where(static start => start.Name == "slow").Skip(2).Select(static start => start.FastBefore / 10));
    }

    [Fact]
    public void Rounds_OfContestantsWithoutNoise_EndOnceTheyAreStable()
    {
        FakeHost host = new(new() { ["a"] = 5 }) { Noise = 0 };
        Assert.Equal(new RoundPlan().LeastRounds, Run(host, ["a"])[0].Values.Count);
    }

    [Fact]
    public void WarmUp_OfOneThatFails_LeavesItOutWithItsReason()
    {
        FakeHost host = new(new() { ["a"] = 5 });
        RoundRunner runner = new(host, new RoundPlan(), host, host, static _ => { });
        (List<(Contestant Contestant, double First)> ready, List<LeftOut> failed) = runner.WarmUp([new Named("a"), new Named("broken")], s_program);
        Assert.Equal(["a"], ready.Select(static entry => entry.Contestant.Name));
        Assert.Equal([new LeftOut("broken", "it is not there")], failed);
    }

    [Fact]
    public void Rounds_Spaced_RestBeforeEachStart()
    {
        FakeHost host = new(new() { ["a"] = 5, ["b"] = 5 });
        List<int> rests = [];
        RoundRunner runner = new(host, new RoundPlan { Rounds = 3, LeastRounds = 3 }, host, host, rests.Add);
        runner.Run([(new Named("a"), 5), (new Named("b"), 5)], s_program, Condition.Spaced, CancellationToken.None);
        Assert.Equal(Enumerable.Repeat(200, 6), rests);
    }

    private static List<Series> Run(FakeHost host, string[] names, RoundPlan? plan = null)
    {
        RoundRunner runner = new(host, plan ?? new RoundPlan(), host, host, static _ => { });
        (List<(Contestant, double)> ready, _) = runner.WarmUp([.. names.Select(static name => new Named(name))], s_program);
        return runner.Run(ready, s_program, Condition.BackToBack, CancellationToken.None);
    }

    private static Dictionary<string, double> Medians(List<Series> series) =>
        series.ToDictionary(static one => one.Contestant.Name, static one => one.FirstByte!.Median);

    private sealed class Named(string name) : Contestant
    {
        public override string Name => name;

        public override ContestantGroup Group => ContestantGroup.Runtime;

        public override string What => "";

        public override PreparedStart Prepare(BenchProgram program, string instance) => throw new NotSupportedException();
    }

    /// <summary>A clock that no host can disturb: times are made, with noise and drift of known size.</summary>
    private sealed class FakeHost(Dictionary<string, double> times) : IStarter, IBenchObserver, INoise
    {
        private readonly Random _random = new(3);
        private double _drift;

        public Dictionary<string, double> Delays { get; } = [];

        public double DriftPerStart { get; init; }

        public double Noise { get; init; } = 0.1;

        public List<(string Name, int FastBefore)> Starts { get; } = [];

        public Measurement Start(Contestant contestant, BenchProgram program, string instance)
        {
            if (!times.TryGetValue(contestant.Name, out double time))
            {
                throw new CrunException("cannot start", "it is not there");
            }

            // Without its two warm-ups.
            Starts.Add((contestant.Name, Starts.Count(static start => start.Name == "fast") - 2));
            _drift += DriftPerStart;
            double noise = -Math.Log(1 - _random.NextDouble()) * time * Noise;
            double first = time + noise + _drift + Delays.GetValueOrDefault(contestant.Name);
            return new Measurement(first, first + 1);
        }

        public void Tell(string line)
        {
        }

        public void Measured(IReadOnlyList<Series> series, int round, int rounds)
        {
        }

        public void Sample()
        {
        }
    }
}
