using CrunSharp.Machines;

namespace CrunSharp.Bench;

/// <summary>This engine: <c>crun-sharp run --rm</c>, by the executable that is measuring.</summary>
internal sealed class SharpContestant(Workshop workshop, string version) : Contestant
{
    private const string Executable = "/proc/self/exe";
    private readonly string _path = File.ResolveLinkTarget(Executable, returnFinalTarget: true)!.FullName;

    public override string Name => "crun-sharp";

    public override ContestantGroup Group => ContestantGroup.Engine;

    public override string Version => version;

    public override string What => "engine without a daemon: `run --rm --network none`, overlay of the image's layers, docker's default isolation";

    public override IReadOnlyList<string> Files => [_path];

    public override IReadOnlyList<string> StateDirectories => [$"{workshop.Engine.Paths.Root}/containers", workshop.Engine.Paths.RunRoot];

    public override long ImageBytes() => DiskUse.Of(workshop.Image.LayerDirectories);

    public override PreparedStart Prepare(BenchProgram program, string instance) => Prepare(program, instance, []);

    /// <summary>The same start, which writes its steps to a file.</summary>
    public PreparedStart PrepareTraced(BenchProgram program, string instance, string file) => Prepare(program, instance, [$"--trace={file}"]);

    private PreparedStart Prepare(BenchProgram program, string instance, string[] options)
    {
        List<string> arguments = [_path, .. Store(), "run", .. options, "--rm", "--network", "none", "--pull", "never", "--name", instance, "--entrypoint", ""];
        if (workshop.Spec.Linux!.CgroupsPath is not null)
        {
            arguments.AddRange(["--memory", $"{workshop.MemoryMiB}m"]);
            arguments.AddRange(workshop.Cpus is { } cpus ? ["--cpuset-cpus", cpus] : []);
        }

        arguments.AddRange(program.IsProbe ? ["-v", $"{workshop.Guest}:{GuestProgram.PathInside}:ro"] : []);
        TimedStart start = new() { Path = _path, Arguments = [.. arguments, workshop.Reference, .. program.Arguments] };
        return new PreparedStart(start, () => HostTool.TryAsk(_path, s_limit, [.. Store(), "rm", "-f", instance]));
    }

    public override bool CanExec => true;

    public override PreparedStart PrepareExec(BenchProgram program, string instance) =>
        new(new TimedStart { Path = _path, Arguments = [_path, .. Store(), "exec", instance, .. program.Arguments] });

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private string[] Store() => ["--root", workshop.Engine.Paths.Root, "--runroot", workshop.Engine.Paths.RunRoot];
}
