using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CrunSharp.Cli.Commands;
using CrunSharp.Engine;
using CrunSharp.Images;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Output;

/// <summary>Containers and images as JSON, with docker's member names where docker has the thing.</summary>
internal static class InspectJson
{
    private static readonly JsonWriterOptions s_indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Array(IEnumerable<object> things) => Write(s_indented, json =>
    {
        json.WriteStartArray();
        foreach (object thing in things)
        {
            if (thing is Container container)
            {
                WriteContainer(json, container);
            }
            else
            {
                WriteImage(json, (StoredImage)thing);
            }
        }

        json.WriteEndArray();
    });

    /// <summary>One line of <c>ps --format json</c>.</summary>
    public static string Line(Container container) => Write(s_line, json =>
    {
        json.WriteStartObject();
        json.WriteString("ID", container.ShortId);
        json.WriteString("Names", container.Name);
        json.WriteString("Image", container.Record.Image);
        json.WriteString("Command", $"\"{string.Join(' ', container.Record.Command)}\"");
        json.WriteString("CreatedAt", Time(container.Record.Created));
        json.WriteString("State", Word(container.Status));
        json.WriteString("Status", PsCommand.Status(container, DateTimeOffset.UtcNow));
        json.WriteString("Networks", container.Record.Network);
        json.WriteNumber("Pid", container.IsRunning ? container.Record.Process?.Pid ?? 0 : 0);
        json.WriteEndObject();
    });

    /// <summary>One line of <c>images --format json</c>.</summary>
    public static string Line(StoredImage image) => Write(s_line, json =>
    {
        json.WriteStartObject();
        json.WriteString("ID", image.Id.ToString());
        Strings(json, "Names", image.Tags.Select(static name => name.ToString()));
        json.WriteString("Digest", image.Manifest.Digest.ToString());
        json.WriteString("CreatedAt", image.Created is { } created ? Time(created) : null);
        json.WriteNumber("Size", image.Size);
        json.WriteEndObject();
    });

    private static void WriteContainer(Utf8JsonWriter json, Container container)
    {
        ContainerRecord record = container.Record;
        json.WriteStartObject();
        json.WriteString("Id", record.Id.Value);
        json.WriteString("Created", Time(record.Created));
        json.WriteString("Path", record.Command.Count > 0 ? record.Command[0] : "");
        Strings(json, "Args", record.Command.Skip(1));
        json.WriteStartObject("State");
        json.WriteString("Status", Word(container.Status));
        json.WriteBoolean("Running", container.IsRunning);
        json.WriteBoolean("Dead", container.Status == ContainerStatus.Dead);
        json.WriteNumber("Pid", container.IsRunning ? record.Process?.Pid ?? 0 : 0);
        json.WriteNumber("MonitorPid", record.Monitor is { } monitor && monitor.IsAlive() ? monitor.Pid : 0);
        json.WriteNumber("ExitCode", container.Exit?.ExitCode ?? 0);
        json.WriteString("StartedAt", Time(record.Started ?? default));
        json.WriteString("FinishedAt", Time(container.Exit?.ExitedAt ?? default));
        json.WriteEndObject();
        json.WriteString("Image", record.ImageId.ToString());
        json.WriteString("Name", record.Name);
        json.WriteString("HostnamePath", container.Directory.HostName);
        json.WriteString("HostsPath", container.Directory.Hosts);
        json.WriteString("ResolvConfPath", container.Directory.ResolvConf);
        json.WriteString("ConfigPath", container.Directory.Config);
        json.WriteStartObject("HostConfig");
        json.WriteString("NetworkMode", record.Network);
        json.WriteBoolean("AutoRemove", record.AutoRemove);
        json.WriteEndObject();
        json.WriteStartObject("Config");
        json.WriteString("Image", record.Image);
        json.WriteBoolean("Tty", record.Terminal);
        Strings(json, "Cmd", record.Command);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteImage(Utf8JsonWriter json, StoredImage image)
    {
        ImageConfig config = image.Config;
        json.WriteStartObject();
        json.WriteString("Id", image.Id.ToString());
        Strings(json, "RepoTags", image.Tags.Where(static name => name.Tag is not null).Select(Names.Familiar));
        Strings(json, "RepoDigests", image.Tags.Select(name => $"{Names.Repository(name)}@{image.Manifest.Digest}").Distinct());
        json.WriteString("Created", image.Created is { } created ? Time(created) : null);
        json.WriteString("Architecture", config.Architecture);
        if (config.Variant is { } variant)
        {
            json.WriteString("Variant", variant);
        }

        json.WriteString("Os", config.Os);
        json.WriteNumber("Size", image.Size);
        json.WriteStartObject("Config");
        json.WriteString("User", config.User);
        Strings(json, "Env", config.Env);
        Strings(json, "Entrypoint", config.Entrypoint);
        Strings(json, "Cmd", config.Cmd);
        json.WriteString("WorkingDir", config.WorkingDir);
        Strings(json, "Volumes", config.Volumes);
        Strings(json, "ExposedPorts", config.ExposedPorts);
        json.WriteString("StopSignal", config.StopSignal);
        json.WriteStartObject("Labels");
        foreach ((string name, string value) in config.Labels)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("RootFS");
        json.WriteString("Type", "layers");
        Strings(json, "Layers", config.DiffIds.Select(static layer => layer.ToString()));
        json.WriteEndObject();
        Strings(json, "Notes", image.Notes);
        json.WriteEndObject();
    }

    private static string Word(ContainerStatus status) => status.ToString().ToLowerInvariant();

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture);

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static string Write(JsonWriterOptions options, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, options))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
