using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CrunSharp.Oci;
using Helper = System.Diagnostics.Process;

namespace CrunSharp.Registry.Credentials;

/// <summary>Asks a program named <c>docker-credential-NAME</c>, as docker and podman do.</summary>
internal static class CredentialHelper
{
    private const int LargestAnswer = 1 << 20;

    /// <summary>Somebody may have to touch a key or unlock a key ring.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>What the helper has stored under <paramref name="key"/>, or null.</summary>
    /// <exception cref="CrunException">The helper is missing, failed, or answered something else.</exception>
    public static async Task<Credential?> GetAsync(string name, string key, string? searchPath, CancellationToken cancellationToken)
    {
        string program = $"docker-credential-{name}";
        string what = $"cannot ask the credential helper '{program}'";
        string path = Locate(program, searchPath)
            ?? throw new CrunException(what, name.Contains('/') ? "its name has a '/'" : "it is not in PATH");

        ProcessStartInfo start = new(path)
        {
            ArgumentList = { "get" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Helper helper = Helper.Start(start) ?? throw new CrunException(what, "it could not be started");
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(s_patience);
            try
            {
                return await TalkAsync(helper, key, program, what, limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new CrunException(what, $"it did not answer for {s_patience.TotalSeconds:0} s");
            }
            finally
            {
                if (!helper.HasExited)
                {
                    helper.Kill();
                }
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new CrunException(what, "it could not be started or ended too soon", e);
        }
    }

    private static async Task<Credential?> TalkAsync(Helper helper, string key, string program, string what, CancellationToken cancellationToken)
    {
        Task<string> complaint = ReadAsync(helper.StandardError, cancellationToken);
        Task<string> answer = ReadAsync(helper.StandardOutput, cancellationToken);
        try
        {
            await helper.StandardInput.WriteAsync(key.AsMemory(), cancellationToken).ConfigureAwait(false);
            helper.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without asking which key: its answer and its code tell what that means.
        }

        string text = await answer.ConfigureAwait(false);
        string said = await complaint.ConfigureAwait(false);
        await helper.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        if (helper.ExitCode != 0)
        {
            // The protocol's only way to say "nothing stored", on either stream.
            return (text + said).Contains("credentials not found", StringComparison.OrdinalIgnoreCase)
                ? null
                : throw new CrunException(what, $"it failed with code {helper.ExitCode}: {Printable.Line(said.Length > 0 ? said : text)}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            string user = document.RootElement.GetProperty("Username").GetString() ?? "";
            string secret = document.RootElement.GetProperty("Secret").GetString() ?? "";
            return secret.Length == 0 ? null : new Credential(user, secret, IsIdentityToken: user == "<token>", $"'{program}'");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Not the inner exception: it could quote a part of the secret.
            throw new CrunException(what, "its answer is not an object with Username and Secret");
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        StringBuilder text = new();
        char[] buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            // The rest is read, so that the helper does not block, and dropped.
            text.Append(buffer, 0, Math.Min(count, LargestAnswer - text.Length));
        }

        return text.ToString();
    }

    private static string? Locate(string program, string? searchPath)
    {
        // A name out of a file must stay one: with a '/' it would choose any program.
        if (program.Contains('/'))
        {
            return null;
        }

        return (searchPath ?? "/usr/local/bin:/usr/bin:/bin").Split(':')
            .Where(directory => directory.StartsWith('/'))
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
    }
}
