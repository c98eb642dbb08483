using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>fuse-overlayfs, serving one container's root through a device that the stage has mounted.</summary>
/// <remarks>It ends by itself with the last mount of its file system, which is the container's own.</remarks>
internal sealed class FuseOverlay
{
    private const string Name = "fuse-overlayfs";
    private const string Device = "/dev/fuse";
    private const int SIGKILL = 9;

    private readonly HelperProcess _process;

    private FuseOverlay(HelperProcess process) => _process = process;

    public int Pid => _process.Pid;

    public SafeFileHandle PidFd => _process.PidFd;

    /// <summary>Whether it ended with an error; what was mounted is dead then.</summary>
    public bool HasFailed => ProcessIdentity.TryGet(Pid) is not { } identity || !identity.IsAlive();

    /// <summary>The program of this host; null where it cannot serve these directories.</summary>
    public static string? Find(IReadOnlyList<string> directories) =>

        // Its options have no way to quote these.
        !directories.Any(static directory => directory.AsSpan().ContainsAny(':', ',', '\\')) && WhyNot() is null ? HostProgram.Find(Name) : null;

    /// <summary>What it lacks on this host, with the command that mends it; null when it can be used.</summary>
    public static (string Why, string Mend)? WhyNot()
    {
        if (HostProgram.Find(Name) is null)
        {
            return ($"'{Name}' is not installed", $"sudo apt-get install {Name}");
        }

        try
        {
            using (File.OpenHandle(Device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            {
                return null;
            }
        }
        catch (UnauthorizedAccessException)
        {
            return ($"this user may not open {Device}", $"sudo chmod 0666 {Device}");
        }
        catch (IOException)
        {
            return ($"there is no {Device}", "sudo modprobe fuse");
        }
    }

    /// <param name="device">The mounted fuse device; the program gets a copy.</param>
    /// <exception cref="CrunException">It could not be started.</exception>
    public static FuseOverlay Start(string program, IReadOnlyList<string> layers, string scratch, SafeFileHandle device)
    {
        // Without the kernel's write-back cache: it may be killed once the container's processes have ended.
        string options = $"lowerdir={string.Join(':', layers)},upperdir={scratch}/upper,workdir={scratch}/work,writeback=0";
        try
        {
            return new FuseOverlay(HelperProcess.Start(
                program, [Name, "-f", "-o", options, "/dev/fd/3"], HostProgram.Environment, device));
        }
        catch (LinuxException failure)
        {
            throw new CrunException("cannot serve the container's root", $"'{program}' could not be started: {failure.Reason}", failure);
        }
    }

    public void End()
    {
        Processes.Signal(PidFd, SIGKILL);
        _ = _process.Wait();
        _process.Dispose();
    }
}
