namespace CrunSharp.Testing;

/// <summary>A directory for one test, removed with all that it holds.</summary>
public sealed class TemporaryDirectory : IDisposable, IAsyncDisposable
{
    public TemporaryDirectory()
    {
        Path = Directory.CreateTempSubdirectory("crun-sharp-test-").FullName;
    }

    /// <summary>One beneath <paramref name="parent"/>, for what takes short paths only.</summary>
    public TemporaryDirectory(string parent, string prefix)
    {
        Path = Directory.CreateDirectory(System.IO.Path.Combine(parent, prefix + Guid.NewGuid().ToString("N")[..8])).FullName;
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public static implicit operator string(TemporaryDirectory directory) => directory.Path;

    public override string ToString() => Path;

    public string Make(string name) => Directory.CreateDirectory(this[name]).FullName;

    public string Write(string name, string text)
    {
        string path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Modes that shut out the owner, names that are no UTF-8, ids of a user namespace: rm deals with the first two.
            _ = Command.Run("chmod", "-R", "u+rwx", Path);
            _ = Command.Run("rm", "-rf", "--one-file-system", Path);
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
