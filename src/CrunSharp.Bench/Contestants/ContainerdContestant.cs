using System.Globalization;
using CrunSharp.Machines;

namespace CrunSharp.Bench;

/// <summary>containerd by its own client; with another shim it is Kata Containers.</summary>
/// <remarks>ctr(8). Its namespace, pipes and cgroups are named, as its defaults would stay behind.</remarks>
internal sealed class ContainerdContestant(Workshop workshop, PrivateContainerd daemon, string name, string path, string version, string runtime) : Contestant
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private bool IsKata => name == "kata";

    public override string Name => name;

    public override ContestantGroup Group => IsKata ? ContestantGroup.Machine : ContestantGroup.Engine;

    public override string Version => version;

    public override string What => IsKata
        ? $"`ctr run` with the runtime {runtime}, the tree as its root: a virtual machine for each container; a containerd of the bench's own is at work beside it"
        : "`ctr run` of the same bundle as the runtimes, by its shim and runc; a containerd of the bench's own is at work beside it";

    public override IReadOnlyList<string> Files => [path, .. ((IEnumerable<string>)["containerd", "containerd-shim-runc-v2", "containerd-shim-kata-v2", "runc"])
        .Where(tool => IsKata ? tool is "containerd" or "containerd-shim-kata-v2" : tool != "containerd-shim-kata-v2").Select(HostTool.Find).OfType<string>()];

    public override IReadOnlyList<string> StateDirectories => [daemon.Directory];

    public override long ImageBytes() => DiskUse.Of([workshop.Tree]);

    public override PreparedStart Prepare(BenchProgram program, string instance)
    {
        string? bundle = IsKata ? null : workshop.MakeBundle(instance, program);
        IEnumerable<string> what = bundle is not null
            ? ["--config", $"{bundle}/config.json", instance]
            : ["--memory-limit", ((long)workshop.MemoryMiB << 20).ToString(CultureInfo.InvariantCulture), "--env", workshop.MarkVariable,
               "--cgroup", $"/{Workshop.CgroupName}-{instance}", "--rootfs", workshop.Tree, instance, .. program.Arguments];
        TimedStart start = new()
        {
            Path = path,
            Arguments = [.. Words("run", "--rm", "--runtime", runtime, "--fifo-dir", daemon.Pipes), .. what],
            Environment = workshop.Variables,
        };
        return new PreparedStart(start, () =>
        {
            // Both answer with a failure where the run has removed it already.
            HostTool.TryAsk(path, s_limit, [.. Words("task", "delete", "--force", instance).Skip(1)]);
            HostTool.TryAsk(path, s_limit, [.. Words("container", "delete", instance).Skip(1)]);
            if (bundle is not null)
            {
                Directory.Delete(bundle, recursive: true);
            }
        });
    }

    public override bool CanExec => true;

    public override PreparedStart PrepareExec(BenchProgram program, string instance) => new(new TimedStart
    {
        Path = path,
        Arguments = [.. Words("task", "exec", "--fifo-dir", daemon.Pipes, "--exec-id", InstanceName.Next(), instance), .. program.Arguments],
        Environment = workshop.Variables,
    });

    private IEnumerable<string> Words(params IEnumerable<string> verb) => [path, "--address", daemon.Address, .. verb];
}
