using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Networks;

/// <summary>The program that carries a private network's packets: one process per container.</summary>
/// <remarks>
/// It stays outside the container, in the caller's network, and holds only a tap device inside. It is started from
/// the user's namespace or by root, and ends with the container.
/// </remarks>
public sealed partial class NetworkHelper
{
    private const string TunDevice = "/dev/net/tun";

    // slirp4netns first: a quarter of a megabyte and 6 ms, where pasta takes 29 MB and 33 ms.
    private static readonly string[] s_programs = ["slirp4netns", "pasta"];

    private NetworkHelper(string name, string path)
    {
        Name = name;
        Path = path;
    }

    public string Name { get; }

    public string Path { get; }

    /// <summary>What resolv.conf has to name; known before the container exists.</summary>
    public IReadOnlyList<string> NameServers { get; } = ["10.0.2.3"];

    /// <summary>The helper of this host.</summary>
    /// <exception cref="CrunException">No helper is installed, or /dev/net/tun cannot be used; with hints.</exception>
    public static NetworkHelper Find() => Find(Environment.GetEnvironmentVariable("PATH") ?? "", TunDevice);

    internal static NetworkHelper Find(string searchPath, string tunDevice)
    {
        NetworkHelper helper = FindProgram(searchPath) ?? throw new CrunException(
            "cannot make a private network", "neither slirp4netns nor pasta is installed")
        {
            Hints = ["install one: sudo apt-get install slirp4netns", WithoutNetwork],
        };

        return Unusable(tunDevice) is { } refusal ? throw refusal : helper;
    }

    /// <summary>The first helper in the search path, usable or not.</summary>
    public static NetworkHelper? FindProgram(string searchPath)
    {
        // An ordinary user's PATH often lacks sbin.
        string[] directories = [.. searchPath.Split(':'), "/usr/local/bin", "/usr/bin", "/usr/sbin", "/sbin"];
        foreach (string program in s_programs)
        {
            foreach (string directory in directories)
            {
                // A relative entry of PATH would be another directory in each call.
                string path = $"{directory}/{program}";
                if (directory.StartsWith('/') && File.Exists(path))
                {
                    return new NetworkHelper(program, path);
                }
            }
        }

        return null;
    }

    /// <summary>Why the device cannot be used; null when it can.</summary>
    public static CrunException? Unusable(string tunDevice = TunDevice)
    {
        try
        {
            using (File.OpenHandle(tunDevice, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            {
                return null;
            }
        }
        catch (UnauthorizedAccessException exception)
        {
            return Refuse("this user may not open it", $"let every user open it: sudo chmod 0666 {tunDevice}", exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Refuse("there is no such device", "load the driver: sudo modprobe tun", exception);
        }
        catch (IOException exception)
        {
            return Refuse(FileFailure.Reason(exception), "load the driver: sudo modprobe tun", exception);
        }

        CrunException Refuse(string why, string hint, Exception inner) =>
            new($"cannot make a private network with '{tunDevice}'", why, inner) { Hints = [hint, WithoutNetwork] };
    }

    private const string WithoutNetwork = "or go without: --network none, or share the host's: --network host";
}
