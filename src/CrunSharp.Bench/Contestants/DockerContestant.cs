using CrunSharp.Machines;

namespace CrunSharp.Bench;

/// <summary>podman, docker, or another engine with docker's command line; the image's tree is imported under a name of ours.</summary>
internal sealed class DockerContestant : Contestant
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private readonly Workshop _workshop;
    private readonly string _path;
    private readonly string _image;

    private DockerContestant(Workshop workshop, string name, string path, string version)
    {
        _workshop = workshop;
        _path = path;
        Name = name;
        Version = version;
        _image = ImageOf(workshop.Directory);
    }

    /// <summary>The name that a bench with this directory imports the image under.</summary>
    public static string ImageOf(string directory) => $"localhost/crun-sharp-bench:{Path.GetFileName(directory)[^6..].ToLowerInvariant()}";

    public override string Name { get; }

    public override ContestantGroup Group => ContestantGroup.Engine;

    public override string Version { get; }

    public override string What => Name == "podman"
        ? "engine without a daemon: `run --rm --network none`, conmon and an OCI runtime"
        : $"engine with a daemon: `{Name} run --rm --network none`; the daemon, containerd and the shim are at work beside it";

    public override IReadOnlyList<string> Files => Name == "podman"
        ? [_path, .. Found("conmon", "crun", "runc")]
        : [_path, .. Found("dockerd", "containerd", "containerd-shim-runc-v2", "docker-init", "docker-proxy", "runc")];

    /// <exception cref="Oci.CrunException">Its daemon does not answer, or it does not take the image.</exception>
    public static DockerContestant Open(Workshop workshop, string name, string path)
    {
        string version = HostTool.Run(path, s_limit, "version", "--format", name == "podman" ? "{{.Client.Version}}" : "{{.Server.Version}}").Trim();
        DockerContestant contestant = new(workshop, name, path, version);
        HostTool.Run("sh", s_limit, "-c", "tar -C \"$1\" -c . | \"$2\" import - \"$3\"", "sh", workshop.Tree, path, contestant._image);
        return contestant;
    }

    public override IReadOnlyList<string> StateDirectories => Root() is { } root ? [root] : [];

    public override long ImageBytes() =>
        long.TryParse((HostTool.TryAsk(_path, s_limit, "image", "inspect", "--format", "{{.Size}}", _image) ?? "").Trim(), out long bytes) ? bytes : 0;

    public override PreparedStart Prepare(BenchProgram program, string instance)
    {
        string id = $"{_workshop.Directory}/{instance}.id";
        List<string> arguments = [_path, "run", "--rm", "--network", "none", "--name", instance, "--cidfile", id, "--memory", $"{_workshop.MemoryMiB}m"];
        arguments.AddRange(_workshop.Cpus is { } cpus ? ["--cpuset-cpus", cpus] : []);
        TimedStart start = new() { Path = _path, Arguments = [.. arguments, _image, .. program.Arguments] };
        return new PreparedStart(start, () => Remove(instance, id)) { IdFile = id };
    }

    public override bool CanExec => true;

    public override PreparedStart PrepareExec(BenchProgram program, string instance) =>
        new(new TimedStart { Path = _path, Arguments = [_path, "exec", instance, .. program.Arguments] });

    public override void CleanUp() => HostTool.TryAsk(_path, s_limit, "rmi", "-f", _image);

    private string? Root() =>
        HostTool.TryAsk(_path, s_limit, "info", "--format", Name == "podman" ? "{{.Store.GraphRoot}}" : "{{.DockerRootDir}}")?.Trim();

    private void Remove(string instance, string id)
    {
        HostTool.TryAsk(_path, s_limit, "rm", "-f", instance);
        File.Delete(id);
    }

    private static IEnumerable<string> Found(params string[] names) => names.Select(HostTool.Find).OfType<string>();
}
