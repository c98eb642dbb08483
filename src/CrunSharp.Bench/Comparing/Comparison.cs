using System.Collections;
using System.Globalization;
using CrunSharp.Engine;
using CrunSharp.Images;
using CrunSharp.Linux;
using CrunSharp.Machines;
using CrunSharp.Observe;
using CrunSharp.Oci;

namespace CrunSharp.Bench;

/// <summary>The same questions asked on the host, in a container and in a virtual machine of the same image.</summary>
public sealed class Comparison(ContainerEngine engine, IReadOnlyList<string> before)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    /// <param name="name">A running container, else an image.</param>
    /// <param name="with"><c>vm</c> for the first monitor that works, or the name of one.</param>
    /// <param name="kernel">A kernel for monitors that boot one; null: none.</param>
    public Section Ask(string name, string with, string? kernel)
    {
        Container? running = engine.Containers.List().FirstOrDefault(container => container.IsRunning && (container.Name == name || container.Id.Value.StartsWith(name, StringComparison.Ordinal)));
        StoredImage image = engine.GetImage(running?.Record.ImageId.ToString() ?? name);
        string directory = Directory.CreateTempSubdirectory("crun-sharp-compare-").FullName;
        try
        {
            MachineMonitor monitor = Choose(with, kernel, directory);
            (string[] host, _) = AskProgram("/bin/sh", [.. Questions.Command], directory);
            IReadOnlyList<string> verb = running is null ? ["run", "--rm", "--network", "none", "--entrypoint", "", name] : ["exec", running.Name];
            (string[] container, string containerSeen) = AskProgram("/proc/self/exe", ["crun-sharp", .. before, .. verb, .. Questions.Command], directory);
            (string[] machine, string machineSeen) = AskMachine(monitor, image, directory);
            string machineOf = $"{monitor.Name}, {monitor.Acceleration}";
            List<string[]> rows = [["runs on", "this computer", "the host's kernel", machineOf, "a container is a process of the host's kernel; a machine brings its own"]];
            rows.AddRange([.. Questions.What.Select((what, index) => (string[])[what, host[index], container[index], machine[index], Whose(host[index], container[index], machine[index])])]);
            rows.Add(["seen by the host's ps", "", containerSeen, machineSeen, "a container's program is a process of the host; a machine's is not"]);
            return new Section(
                "compare", $"Host, container and virtual machine ({machineOf})",
                "The same image, the same questions. What the container has of the host, the machine has of its own kernel.", ["question", "host", "container", "machine", "so"], rows);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static MachineMonitor Choose(string with, string? kernel, string directory)
    {
        MachineMonitors monitors = MachineMonitors.Find(kernel is null ? null : GuestKernel.Of(kernel), directory);
        return monitors.Found.FirstOrDefault(monitor => with == "vm" || monitor.Name == with)
            ?? throw new CrunException($"cannot compare with '{with}'", with == "vm" ? "no virtual machine can be run on this host" : "it is not found on this host")
            {
                Hints = [.. monitors.Missing.Select(static missing => $"{missing.Name}: {missing.Why}"), "apt-get install user-mode-linux, which needs no kernel to be named"],
            };
    }

    private static (string[] Answers, string Seen) AskProgram(string program, IReadOnlyList<string> arguments, string directory)
    {
        string file = $"{directory}/answers";
        using Microsoft.Win32.SafeHandles.SafeFileHandle output = File.OpenHandle(file, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        int pid = Processes.Spawn(program, arguments, Variables(), output: (int)output.DangerousGetHandle());
        string seen = Watch(() => Processes.Wait(pid), pid);
        string text = File.ReadAllText(file);
        return text.Length > 0
            ? (Questions.Read(text), seen)
            : throw new CrunException("cannot ask in the container", "nothing came back: the image needs a shell for it");
    }

    private (string[] Answers, string Seen) AskMachine(MachineMonitor monitor, StoredImage image, string directory)
    {
        string tree = $"{directory}/tree";
        Directory.CreateDirectory(tree);
        Directory.CreateDirectory($"{directory}/machines");
        engine.CopyTree(image, tree);
        MachineImage machine = MachineImage.Prepare(tree, $"{directory}/machines");
        MachineOutcome? outcome = null;
        string seen = Watch(() => outcome = monitor.Run(machine, new MachineRequest { Command = Questions.Command }), -1);
        return (Questions.Read(outcome!.Text.Replace("\r", "", StringComparison.Ordinal)), seen.Length > 0 ? seen : $"only the monitor, {monitor.Name}");
    }

    // While it runs: the host's processes that have the marker in their command line, but for the one that starts it.
    private static string Watch(Action run, int starter)
    {
        HashSet<string> seen = [];
        Task work = Task.Run(run);
        while (!work.Wait(s_pause))
        {
            foreach (string path in Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(path["/proc/".Length])))
            {
                string[] words = ReadWords(path);
                if (words is ["sh", .., Questions.Marker] && path != $"/proc/{starter}")
                {
                    seen.Add($"pid {Path.GetFileName(path)}, sh");
                }
            }
        }

        work.GetAwaiter().GetResult();
        return seen.FirstOrDefault("");
    }

    private static string[] ReadWords(string path)
    {
        try
        {
            return File.ReadAllText($"{path}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Whose(string host, string container, string machine) =>
        container.Length == 0 && machine.Length == 0 ? "" : container == Questions.Refused ? "the container is refused the log of the host's kernel" : IsSame(container, host) && !IsSame(machine, host) ? "shared by the container, the machine's own"
        : IsSame(container, host) ? "the same everywhere"
        : container == machine ? "the image's"
        : "each its own";

    // A clock that runs has gone on between two questions.
    private static bool IsSame(string one, string other) => one == other
        || (one.Contains('.', StringComparison.Ordinal) && double.TryParse(one, CultureInfo.InvariantCulture, out double first)
            && double.TryParse(other, CultureInfo.InvariantCulture, out double second) && Math.Abs(first - second) < 60);

    private static List<string> Variables()
    {
        List<string> variables = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables.Add($"{variable.Key}={variable.Value}");
        }

        return variables;
    }
}
