using System.Text.Json.Nodes;
using CrunSharp.Testing;

namespace CrunSharp.CliTests.OciFace;

/// <summary>A bundle with busybox, and the runtime's command line with a state root of its own.</summary>
internal sealed class OciBundle : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _name = $"test-{Guid.NewGuid():N}";

    public OciBundle(params string[] words)
    {
        Directory.CreateDirectory(_directory["rootfs/bin"]);
        File.Copy(Host.FindCommand("busybox")!, _directory["rootfs/bin/busybox"]);
        foreach (string name in new[] { "sh", "sleep", "id", "true", "cat" })
        {
            File.CreateSymbolicLink(_directory[$"rootfs/bin/{name}"], "busybox");
        }

        _ = Oci("spec", "--bundle", _directory).Succeeded();
        Change(spec =>
        {
            spec["process"]!["terminal"] = false;
            spec["process"]!["args"] = new JsonArray([.. words.Select(word => (JsonNode)word)]);
            spec["linux"]!["cgroupsPath"] = $"/{_name}";
        });
    }

    public static Need[] Needs { get; } = [Host.Root, Host.PublishedBinaries, Host.Command("busybox", "busybox-static")];

    public string Location => _directory;

    /// <summary>Let systemd make the cgroup.</summary>
    public bool Systemd { get; init; }

    private string[] Manager => Systemd ? ["--systemd-cgroup"] : [];

    public string Id => _name;

    /// <summary>What the runtime has left: containers in its state, cgroups of this name.</summary>
    public IEnumerable<string> Leftovers
    {
        get
        {
            IEnumerable<string> states = Directory.Exists(_directory["state"]) ? Directory.GetDirectories(_directory["state"]) : [];
            return states.Where(path => !Path.GetFileName(path).StartsWith('.'))
                .Concat(Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Select(parent => Path.Combine(parent, _name)).Where(Directory.Exists));
        }
    }

    public void Change(Action<JsonNode> change)
    {
        JsonNode spec = JsonNode.Parse(File.ReadAllText(_directory["config.json"]))!;
        change(spec);
        File.WriteAllText(_directory["config.json"], spec.ToJsonString());
    }

    public CommandResult Oci(params string[] words) =>
        Command.Run(Host.Published("crun-sharp-oci"), ["--root", _directory["state"], .. Manager, .. words]);

    /// <summary>Creates it as conmon does: its output goes to files, as it outlives the command.</summary>
    public CommandResult Create(params string[] words) => Command.Run(
        "sh",
        [
            "-c", "exec \"$@\" </dev/null >\"$0/out\" 2>\"$0/err\"", Location, Host.Published("crun-sharp-oci"), "--root", _directory["state"],
            .. Manager, "create", "--bundle", _directory, .. words, Id,
        ]);

    public string Status => JsonNode.Parse(Oci("state", Id).Succeeded().Output)!["status"]!.GetValue<string>();

    /// <summary>What a file of the container's cgroup says, in whichever version this host has.</summary>
    public string Limit(string controller, string legacy, string unified)
    {
        string file = $"/sys/fs/cgroup/{controller}/{_name}/{legacy}";
        return File.ReadAllText(File.Exists(file) ? file : $"/sys/fs/cgroup/{_name}/{unified}").Trim();
    }

    public string Read(string name) => File.ReadAllText(_directory[name]);

    public void Dispose()
    {
        _ = Oci("delete", "--force", Id);
        _directory.Dispose();
    }
}
