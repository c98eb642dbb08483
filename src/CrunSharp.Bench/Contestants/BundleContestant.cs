using CrunSharp.Machines;

namespace CrunSharp.Bench;

/// <summary>An OCI runtime: the same bundle for each, its root the image's tree itself.</summary>
internal sealed class BundleContestant(Workshop workshop, string name, string path, string version, IReadOnlyList<string> words) : Contestant
{
    public override string Name => name;

    public override ContestantGroup Group => ContestantGroup.Runtime;

    public override string Version => version;

    public override string What => name == "runsc"
        ? "gVisor: system calls are answered by a kernel in user space; config.json with docker's defaults"
        : "OCI runtime, `run` of a bundle: docker's default isolation, cgroups, no network; the root is a plain directory";

    public override IReadOnlyList<string> Files => [path];

    public override IReadOnlyList<string> StateDirectories => [$"{workshop.Directory}/bundles", $"{workshop.Directory}/state-{name}"];

    public override long ImageBytes() => DiskUse.Of([workshop.Tree]);

    public override PreparedStart Prepare(BenchProgram program, string instance)
    {
        string bundle = workshop.MakeBundle(instance, program);
        TimedStart start = new() { Path = path, Arguments = Words("run", "--bundle", bundle, instance), Environment = workshop.Variables };
        return new PreparedStart(start, () =>
        {
            // Answers with a failure where the run has removed it already.
            HostTool.TryAsk(path, s_limit, [.. Words("delete", "--force", instance).Skip(1)]);
            Directory.Delete(bundle, recursive: true);
        });
    }

    public override bool CanExec => true;

    public override PreparedStart PrepareExec(BenchProgram program, string instance) =>
        new(new TimedStart { Path = path, Arguments = Words(["exec", instance, .. program.Arguments]), Environment = workshop.Variables });

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private List<string> Words(params IEnumerable<string> verb) => [path, .. words, "--root", $"{workshop.Directory}/state-{name}", .. verb];
}
