using CrunSharp.Engine;
using CrunSharp.Images;
using CrunSharp.Machines;
using CrunSharp.Oci;

namespace CrunSharp.Bench;

/// <summary>What the user asked to be measured.</summary>
public sealed record BenchRequest
{
    public required string Image { get; init; }

    /// <summary>Empty: our own program, which writes a line and ends.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Null: Debian's, fetched when there is a monitor that needs one.</summary>
    public string? Kernel { get; init; }

    public RoundPlan Rounds { get; init; } = new();

    public int MemoryMiB { get; init; } = 512;

    public string? Cpus { get; init; }

    /// <summary>Instances at most of each contestant in <c>bench density</c>.</summary>
    public int Instances { get; init; } = 20;

    /// <summary>The command line, to be repeated.</summary>
    public required string CommandLine { get; init; }

    public required string Version { get; init; }
}

/// <summary>One image, its contestants on this host, and what is measured of them.</summary>
public sealed partial class BenchSession : IDisposable
{
    private readonly BenchRequest _request;
    private readonly IBenchObserver _observer;
    private readonly Workshop _workshop;
    private readonly ContestantFinder _finder;
    private readonly HostNoise _noise = new();
    private readonly List<LeftOut> _leftOut;

    private BenchSession(BenchRequest request, IBenchObserver observer, Workshop workshop, ContestantFinder finder)
    {
        _request = request;
        _observer = observer;
        _workshop = workshop;
        _finder = finder;
        _leftOut = [.. finder.LeftOut];
        Result = new BenchResult
        {
            When = DateTimeOffset.UtcNow,
            Host = HostFacts.Read(finder.Kvm),
            Settings = new SettingsResult
            {
                Image = request.Image,
                ImageId = workshop.Image.Id.ToString(),
                ImageBytes = workshop.Image.Size,
                Program = Program.Arguments,
                MemoryMiB = request.MemoryMiB,
                Cpus = request.Cpus,
                Seed = request.Rounds.Seed,
                Command = request.CommandLine,
                Version = request.Version,
            },
            Contestants = [.. finder.Found.Select(static contestant =>
                new ContestantResult(contestant.Name, contestant.Group, contestant.Version, contestant.What, contestant.Caveat))],
        };
    }

    /// <summary>Grows with each measure.</summary>
    public BenchResult Result { get; private set; }

    /// <summary>All that was measured, with the host's noise while it was.</summary>
    public BenchResult Finish() => Result with { LeftOut = _leftOut, Noise = _noise.Result() };

    private BenchProgram Program => _request.Command.Count > 0 ? new BenchProgram(_request.Command, IsProbe: false) : BenchProgram.Probe("hello");

    /// <summary>Unpacks the image in every form that is needed and looks for everybody who can start it.</summary>
    public static BenchSession Open(ContainerEngine engine, BenchRequest request, IBenchObserver observer, CancellationToken cancellationToken)
    {
        Footprint.ClearAbandoned(observer.Tell);
        StoredImage image = engine.GetImage(request.Image);
        if (request.Cpus is { } cpus)
        {
            CpuPinning.Apply(cpus);
        }

        Workshop workshop = Workshop.Open(engine, image, request.Image, request.MemoryMiB, request.Cpus);
        try
        {
            GuestKernel? kernel = FindKernel(engine, request, observer);
            ContestantFinder finder = ContestantFinder.Find(workshop, new BenchVersion(request.Version), kernel, request.Only, cancellationToken);
            return new BenchSession(request, observer, workshop, finder);
        }
        catch
        {
            workshop.Dispose();
            throw;
        }
    }

    /// <summary>From the start to the first byte and to the end, under each condition.</summary>
    public void MeasureStarts(IReadOnlyList<Condition> conditions, CancellationToken cancellationToken)
    {
        RoundRunner runner = new(new ProcessStarter(cancellationToken), _request.Rounds, _observer, _noise, Thread.Sleep);
        (List<(Contestant, double)> ready, List<LeftOut> failed) = runner.WarmUp(_finder.Found, Program);
        _leftOut.AddRange(failed);
        List<StartSeries> all = [];
        foreach (Condition condition in conditions)
        {
            if (condition.IsCold && !PageCache.CanDrop)
            {
                _observer.Tell("cold starts are left out: only root of the host may empty its page cache");
                continue;
            }

            _observer.Tell($"{condition.Name}: {condition.What}");
            all.AddRange(ToResult(runner.Run(ready, Program, condition, cancellationToken)));
        }

        Result = Result with { Start = all };
    }

    private static List<StartSeries> ToResult(IEnumerable<Series> all) => [.. all.Select(static series => new StartSeries(
        series.Contestant.Name,
        series.Condition,
        [.. series.Values.Select(static value => value.FirstByte)],
        [.. series.Values.Select(static value => value.Exit)]))];

    public void Dispose()
    {
        _finder.Dispose();
        _workshop.Dispose();
    }

    private static GuestKernel? FindKernel(ContainerEngine engine, BenchRequest request, IBenchObserver observer)
    {
        if (request.Kernel is { } path)
        {
            return GuestKernel.Of(path);
        }

        // user-mode-linux is a kernel; the others boot one.
        bool isNeeded = request.Only.Count == 0 || request.Only.Any(static name => name is "machine" or "firecracker" or "cloud-hypervisor" || name.StartsWith("qemu", StringComparison.Ordinal));
        if (!isNeeded || (HostTool.Find("qemu-system-x86_64") ?? HostTool.Find("firecracker") ?? HostTool.Find("cloud-hypervisor")) is null)
        {
            return null;
        }

        try
        {
            return GuestKernel.Ensure($"{engine.Paths.Root}/machines", observer.Tell);
        }
        catch (CrunException failure)
        {
            observer.Tell($"virtual machines but user-mode-linux are left out: {failure.Message}");
            return null;
        }
    }
}
