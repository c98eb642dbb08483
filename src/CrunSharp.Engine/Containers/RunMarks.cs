using System.Globalization;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>Which runs are not over: a file each beneath the run root, named after the container and the process that makes and watches it.</summary>
/// <remarks>
/// By these a run finds what was killed before it. Without them it would read every container there is, those that ended long ago
/// too, and a start would take the longer the more of them are kept.
/// </remarks>
internal sealed class RunMarks(string runRoot)
{
    private readonly string _directory = $"{runRoot}/runs";

    private string Boot => $"{_directory}/.boot";

    /// <summary>Whether the process lives that a name ends with: NAME.PID.START.</summary>
    public static bool IsMakerAlive(string name) =>
        name.Split('.') is [.., { } pid, { } start]
        && int.TryParse(pid, out int number)
        && ulong.TryParse(start, out ulong startTime)
        && new ProcessIdentity(number, startTime, ProcessIdentity.CurrentBoot).IsAlive();

    /// <summary>Where the mark of this process is, for the list of what a monitor removes.</summary>
    public string PathOf(ContainerId id)
    {
        ProcessIdentity maker = ProcessIdentity.Current;
        return string.Create(CultureInfo.InvariantCulture, $"{_directory}/{id}.{maker.Pid}.{maker.StartTime}");
    }

    /// <summary>To be made before anything of the container is, and before anything is removed.</summary>
    public void Make(ContainerId id)
    {
        CreateDirectory();
        File.OpenHandle(PathOf(id), FileMode.Create, FileAccess.Write).Dispose();
    }

    /// <summary>To be removed after everything of the container that does not stay.</summary>
    public void Remove(string id)
    {
        foreach (string path in Directory.EnumerateFiles(_directory, $"{id}.*"))
        {
            File.Delete(path);
        }
    }

    /// <summary>Containers whose makers and watchers are gone, without having said that all is done.</summary>
    public IReadOnlyList<string> OfTheDead()
    {
        List<string> ids = [];
        foreach (string path in Directory.EnumerateFiles(_directory))
        {
            string name = Path.GetFileName(path);
            if (name[0] != '.' && !IsMakerAlive(name))
            {
                ids.Add(name.Split('.')[0]);
            }
        }

        return ids;
    }

    /// <summary>False until <see cref="NoteBoot"/>: what an earlier boot left has no marks any more, or marks of that boot.</summary>
    public bool KnowThisBoot() => Descriptors.TryReadText(Boot) == ProcessIdentity.CurrentBoot;

    public void NoteBoot()
    {
        CreateDirectory();
        File.WriteAllText(Boot, ProcessIdentity.CurrentBoot);
    }

    private void CreateDirectory() =>
        Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
