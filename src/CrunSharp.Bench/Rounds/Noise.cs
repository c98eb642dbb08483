using System.Diagnostics;
using System.Globalization;

namespace CrunSharp.Bench;

/// <summary>Measures what the host itself does to every figure.</summary>
internal interface INoise
{
    void Sample();
}

/// <summary>The same arithmetic once a round: all that varies is the host. And from /proc/stat what others took of the CPUs.</summary>
internal sealed class HostNoise : INoise
{
    private const int Steps = 400_000;

    private readonly List<double> _samples = [];
    private readonly (double Idle, double Steal, double All) _before = ReadTimes();
    private readonly string _loadBefore = Load();

    public void Sample()
    {
        long start = Stopwatch.GetTimestamp();
        ulong state = 88172645463325252;
        for (int i = 0; i < Steps; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }

        // A result that nobody used would be computed by nobody.
        _samples.Add(state == 0 ? 0 : Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    public NoiseResult Result()
    {
        (double idle, double steal, double all) = ReadTimes();
        double passed = Math.Max(all - _before.All, 1);
        return new NoiseResult
        {
            Milliseconds = [.. _samples],
            StealPercent = 100 * (steal - _before.Steal) / passed,
            IdlePercent = 100 * (idle - _before.Idle) / passed,
            LoadBefore = _loadBefore,
            LoadAfter = Load(),
        };
    }

    private static string Load() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3));

    // proc_stat(5): user nice system idle iowait irq softirq steal.
    private static (double Idle, double Steal, double All) ReadTimes()
    {
        double[] fields = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(static field => double.Parse(field, CultureInfo.InvariantCulture))];
        return (fields[3] + fields[4], fields[7], fields.Sum());
    }
}
