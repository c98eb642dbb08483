using CrunSharp.Oci;

namespace CrunSharp.Bench;

/// <summary>All starts of one contestant under one condition.</summary>
public sealed class Series(Contestant contestant, string condition)
{
    public Contestant Contestant => contestant;

    public string Condition => condition;

    public List<Measurement> Values { get; } = [];

    public Summary? FirstByte => Summary.Of(Values.Select(static value => value.FirstByte));

    public Summary? Exit => Summary.Of(Values.Select(static value => value.Exit));
}

/// <summary>Told of each start, for whoever shows it.</summary>
public interface IBenchObserver
{
    void Tell(string line);

    void Measured(IReadOnlyList<Series> series, int round, int rounds);
}

/// <summary>Starts all contestants in rounds: each once a round, in an order drawn anew, so that what the host does falls on all alike.</summary>
internal sealed class RoundRunner(IStarter starter, RoundPlan plan, IBenchObserver observer, INoise noise, Action<int> rest)
{
    /// <summary>Warms each up with a start that does not count; those that fail are left out, with what they said.</summary>
    public (List<(Contestant Contestant, double First)> Ready, List<LeftOut> Failed) WarmUp(IReadOnlyList<Contestant> contestants, BenchProgram program)
    {
        List<(Contestant, double)> ready = [];
        List<LeftOut> failed = [];
        foreach (Contestant contestant in contestants)
        {
            try
            {
                // Twice: the first may fill caches that the second shows.
                starter.Start(contestant, program, InstanceName.Next());
                ready.Add((contestant, starter.Start(contestant, program, InstanceName.Next()).Exit));
            }
            catch (CrunException failure)
            {
                observer.Tell($"{contestant.Name} is left out: {failure.Why}");
                failed.Add(new LeftOut(contestant.Name, failure.Why));
            }
        }

        return (ready, failed);
    }

    public List<Series> Run(IReadOnlyList<(Contestant Contestant, double First)> contestants, BenchProgram program, Condition condition, CancellationToken cancellationToken)
    {
        Random random = new(plan.Seed);
        List<Series> series = [.. contestants.Select(entry => new Series(entry.Contestant, condition.Name))];
        int rounds = condition.IsCold ? Math.Min(plan.Rounds, plan.SlowRounds) : plan.Rounds;
        int stride = Math.Max(1, rounds / plan.SlowRounds);
        for (int round = 0; round < rounds; round++)
        {
            int[] order = [.. Enumerable.Range(0, series.Count)];
            random.Shuffle(order);
            noise.Sample();
            foreach (int index in order)
            {
                bool isSlow = contestants[index].First > plan.SlowFrom;
                if (isSlow && (round % stride != 0 || series[index].Values.Count >= plan.SlowRounds))
                {
                    continue;
                }

                cancellationToken.ThrowIfCancellationRequested();
                if (condition.IsCold)
                {
                    PageCache.Drop();
                }

                rest(condition.GapMilliseconds);
                series[index].Values.Add(starter.Start(series[index].Contestant, program, InstanceName.Next()));
                observer.Measured(series, round, rounds);
            }

            // Stopping early only once all fast ones are stable keeps the order of all alike; slow ones get their number.
            bool enough = round + 1 >= plan.LeastRounds && !condition.IsCold;
            if (enough && contestants.Zip(series).All(pair => IsDone(pair.First.First, pair.Second)))
            {
                break;
            }
        }

        return series;
    }

    private bool IsDone(double first, Series series) => first > plan.SlowFrom
        ? series.Values.Count >= plan.SlowRounds
        : series.FirstByte is { Uncertainty: { } uncertainty } && uncertainty <= plan.Stable;
}
